import type { Summary, Trajectory, Turn, Verdict } from "../src/lib/types";
import { chance, pick } from "./paint.ts";

const Categories = ["plain", "spatial", "size", "background", "knowledge", "negation", "indirect"];
const Prompts = [
  "three red circles and a blue square", "a yellow triangle left of a purple heart", "as many green stars as a spider has legs",
  "two crosses, the larger one orange", "a blue circle on a grey background, and nothing red", "five pink diamonds in a row",
  "hey could u draw 2 yellow tringles and 1 green cirlce thx", "a heart in the colour of the sky at noon",
];
const Count = 10_000;

const idOf = (index: number): string => `01a2${index.toString(16).padStart(8, "0")}`;

export const summaries: Summary[] = Array.from({ length: Count }, (_, index) => {
  const id = idOf(index);
  const verdict = pick<Verdict>(["passed", "passed", "passed", "failed", "declined", "fault"], id, 1);
  return {
    id,
    source: pick(["runs/rehearsal", "evaluations/full", "evaluations/free"], id, 2),
    prompt: pick(Prompts, id, 3),
    verdict,
    outside: verdict === "declined" ? null : chance(id, 4) > (verdict === "passed" ? 0.15 : 0.7) ? "right" : "wrong",
    score: Math.round(chance(id, 5) * 100) / 100,
    rounds: 1 + Math.floor(chance(id, 6) * 3),
    images: 1,
    faults: verdict === "fault" ? 1 : 0,
    model: "micro",
    generator: pick(["micro-flux", "canvas"], id, 7),
    category: pick(Categories, id, 8),
    group: `group${index % 1250}`,
    created: new Date(1_796_000_000_000 - index * 47_000).toISOString(),
    thumbnail: verdict === "declined" ? null : `/api/images/${id}0`,
  };
});

export function trajectory(summary: Summary): Trajectory {
  const turns: Turn[] = Array.from({ length: summary.rounds + 1 }, (_, index) => turn(summary, index));
  return {
    ...summary, turns,
    task: { key: summary.id, sample: 0 },
    seeds: { root: 1, path: "/trajectory:0" },
    timings: { model_seconds: 0.82, tool_seconds: 1.31 },
    answer: summary.thumbnail ? { text: "image 1", imageId: turns.flatMap((turn) => turn.images).at(-1)?.id } : null,
    scores: { "micro-verifier/2": summary.score ?? 0 },
    rewards: { image: summary.score ?? 0, format: 1, total: (summary.score ?? 0) * 0.9 + 0.1 },
    dialect: "genagent",
    policyVersion: "step 1200",
  };
}

function turn(summary: Summary, index: number): Turn {
  const last = index === summary.rounds;
  const thought = index === 0 ? `${summary.prompt}. Spread them out, large, so that each is seen.` : "Say the missing one first, and where it stands.";
  const texts = (last ? `<judge>All of it is there, ${summary.prompt}.</judge><answer>image ${index}</answer>` : `<think>${thought}</think>`).split(/(?<= )/);
  return {
    index,
    thought: last ? null : thought,
    call: last ? null : { tool: "generate_image", arguments: { prompt: `large ${summary.prompt} ${index === 0 ? "middle" : "left and right, each apart"}`, steps: index === 0 ? 4 : 8 } },
    images: last || !summary.thumbnail ? [] : [{ id: `${summary.id}${index}`, url: `/api/images/${summary.id}${index}`, width: 96, height: 96, seed: 2779996246 + index }],
    judgment: last ? null : { passed: index === summary.rounds - 1 && summary.verdict === "passed", reason: index === summary.rounds - 1 ? "Every shape is there, in its colour." : "One is missing on the right." },
    outside: last ? [] : [{ judge: "micro-verifier/2", passed: summary.outside === "right", score: summary.score, reason: summary.outside === "right" ? null : "missing: blue square" }],
    faults: summary.faults > 0 && index === 1 ? [{ kind: "bad_arguments", message: "The arguments are no JSON object." }] : [],
    tokens: { texts, trained: texts.map((_, i) => i > 1), logProbabilities: texts.map((_, i) => -(chance(summary.id, i + index) ** 6) * 6) },
    milliseconds: 420 + index * 130,
  };
}
