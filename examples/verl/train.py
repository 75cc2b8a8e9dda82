"""Trains the agent's model with verl: reads train.yaml and prompts.jsonl beside this file, and hands both to agent-lightning's trainer.

Each row of prompts.jsonl becomes the input of a rollout, which `genagent rollout` takes from the server's queue.
"""

import json
import sys
from pathlib import Path

from agentlightning.verl.entrypoint import run_ppo
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

HERE = Path(__file__).parent


def main() -> None:
    with initialize_config_module("agentlightning.verl", version_base=None):
        defaults = compose("config")
    config = OmegaConf.merge(defaults, OmegaConf.load(HERE / "train.yaml"), OmegaConf.from_dotlist(sys.argv[1:]))
    rows = [json.loads(line) for line in (HERE / "prompts.jsonl").read_text().splitlines() if line.strip()]
    held_out = max(1, len(rows) // 10)
    run_ppo(config, train_dataset=rows[held_out:], val_dataset=rows[:held_out])


if __name__ == "__main__":
    main()
