namespace GenAgent.Micro.Training.Pipeline;

/// <summary>How the embedded models are trained from nothing: commands of genagent, one after the other. Each resumes if it was stopped, and ends at once if it was done before.</summary>
public static class MicroPipeline
{
    /// <summary>The commands, in their order.</summary>
    public static IReadOnlyList<string[]> Commands(string recipes, string runs, string models)
    {
        // The name of a folder begins with ./ where it is not whole.
        var (first, painter) = (Painter("flux-joint"), Painter("flux-order"));
        return
        [
            Train("vae", "vae"),
            Train("vae", "vae-decoder", $"startFrom={Run("vae")}"),
            Train("flow", "flux", $"vae={Run("vae-decoder")}"),
            Train("flow", "flux-words", $"vae={Run("vae-decoder")}", $"startFrom={Run("flux", "model")}"),
            Train("vae", "vae-joint", $"startFrom={Run("vae-decoder")}"),
            Train("flow", "flux-joint", $"vae={Run("vae-joint")}", $"startFrom={Run("flux-words", "model")}"),
            Train("flow", "flux-people", $"vae={Run("vae-joint")}", $"startFrom={Run("flux-joint", "model")}"),
            Train("flow", "flux-plan", $"vae={Run("vae-joint")}", $"startFrom={Run("flux-people", "model")}"),
            Train("flow", "flux-order", $"vae={Run("vae-joint")}", $"startFrom={Run("flux-plan", "model")}"),
            Ship("flux-order", "micro-flux"),
            Train("sft", "perception"),
            ["data", "paint", "--generator", first, "--count", "1500", "--out", Run("paintings")],
            ["data", "synth", "--generator", first, "--count", "3000", "--out", Run("synth")],
            ["data", "filter", Run("synth"), "--max-one-round", "0.7", "--out", Run("trajectories")],
            Train("sft", "sft", $"startFrom={Run("perception", "model")}", $"data.0.path={Run("trajectories")}", $"data.1.path={Run("paintings")}", $"rollouts.generator={first}"),
            ["data", "synth", "--generator", first, "--count", "2000", "--seed", "2", "--mistaken", "0.5", "--out", Run("mistaken-synth")],
            ["data", "filter", Run("mistaken-synth"), "--max-one-round", "0.5", "--out", Run("mistaken")],
            GoOn("sft-look", from: "sft"),
            GoOn("sft-facts", from: "sft-look"),
            GoOn("sft-plans", from: "sft-facts"),
            ["data", "paint", "--generator", painter, "--count", "3000", "--seed", "21", "--out", Run("paintings-order")],
            ["data", "synth", "--generator", painter, "--count", "4800", "--seed", "5", "--steps", "8", "--mistaken", "0.3", "--out", Run("synth-order")],
            ["data", "filter", Run("synth-order"), "--max-one-round", "0.5", "--out", Run("trajectories-order")],
            Train("sight", "sight", $"startFrom={Run("sft-plans", "model")}", $"paintings.0.path={Run("paintings-order")}"),
            Practise("sft-eyes", from: "sight", "trajectories-order", "paintings-order"),
            ["data", "paint", "--generator", painter, "--count", "6400", "--seed", "21", "--out", Run("paintings-more")],
            ["data", "paint", "--generator", painter, "--count", "3000", "--seed", "22", "--out", Run("paintings-others")],
            Train("sight", "sight-more", [$"startFrom={Run("sft-eyes", "model")}", .. Places("paintings", "paintings-more", "paintings-others")]),
            Practise("sft-judge", from: "sight-more", "trajectories-order", "paintings-more"),
            ["data", "filter", Run("synth-order"), "--max-one-round", "0.72", "--out", Run("turns")],
            Practise("sft-turns", from: "sft-judge", "turns", "paintings-more"),
            ["data", "paint", "--generator", painter, "--count", "2238", "--seed", "31", "--steps", "5", "--out", Run("paintings-five")],
            ["data", "paint", "--generator", painter, "--count", "2747", "--seed", "32", "--steps", "4", "--out", Run("paintings-four")],
            Train("sight", "sight-fine", [$"startFrom={Run("sft-turns", "model")}", .. Places("paintings", "paintings-more", "paintings-others", "paintings-five", "paintings-four")]),
            Practise("sft-fine", from: "sight-fine", "turns", "trajectories-order", "paintings-four", "paintings-five", "paintings-more"),
            ["data", "paint", "--generator", painter, "--count", "12000", "--seed", "41", "--steps", "4", "--out", Run("paintings-four-more")],
            ["data", "paint", "--generator", painter, "--count", "6000", "--seed", "42", "--steps", "3", "--out", Run("paintings-three")],
            ["data", "synth", "--generator", painter, "--count", "6000", "--seed", "51", "--steps", "4", "--mistaken", "0.25", "--out", Run("synth-four")],
            ["data", "filter", Run("synth-four"), "--max-one-round", "0.72", "--out", Run("turns-four")],
            ["data", "filter", Run("synth-four"), "--max-one-round", "0.4", "--out", Run("trajectories-four")],
            Train("sight", "sight-border", [$"startFrom={Run("sft-fine", "model")}", .. Places("paintings", "paintings-four-more", "paintings-three", "paintings-four-more", "paintings-three")]),
            Practise("sft-border", from: "sight-border", "turns-four", "trajectories-four", "paintings-four-more", "paintings-three"),
            Practise("sft-tally", from: "sft-border", "turns-four", "trajectories-four", "paintings-four-more"),
            ["data", "synth", "--generator", painter, "--count", "6000", "--seed", "61", "--steps", "4", "--mistaken", "0.25", "--out", Run("synth-count")],
            ["data", "filter", Run("synth-count"), "--max-one-round", "0.72", "--out", Run("turns-count")],
            ["data", "synth", "--generator", painter, "--count", "4000", "--seed", "62", "--steps", "4", "--mistaken", "0.25", "--out", Run("synth-again")],
            ["data", "filter", Run("synth-again"), "--max-one-round", "0.4", "--out", Run("trajectories-again")],
            Practise("sft-count", from: "sft-tally", "turns-count", "trajectories-again", "paintings-four-more", "paintings-three"),
            ["data", "paint", "--generator", painter, "--count", "1000", "--seed", "71", "--steps", "4", "--requests", "0.65", "--out", Run("paintings-requests")],
            ["data", "synth", "--generator", "canvas", "--count", "2500", "--seed", "82", "--mistaken", "0.3", "--out", Run("synth-requests")],
            ["data", "filter", Run("synth-requests"), "--max-one-round", "0.7", "--out", Run("trajectories-requests")],
            Train("sft", "sft-requests", $"startFrom={Run("sft-count", "model")}", $"data.2.path={Run("paintings-requests")}", $"data.5.path={Run("trajectories-requests")}"),
            Ship("sft-requests", "micro-agent"),
            Train("flow", "flux-b", $"vae={Run("vae-joint")}"),
            Ship("flux-b", "micro-flux-b"),
        ];

        string Painter(string run) => Path.IsPathRooted(runs) ? Run(run, "model") : $"./{Run(run, "model")}";

        string Run(string name, string part = "") => Path.Combine(runs, $"micro-{name}", part);

        string[] Train(string stage, string recipe, params string[] changes) =>
            ["train", stage, Path.Combine(recipes, $"{recipe}.json"), "--out", Run(recipe), "--resume", .. changes.SelectMany(change => (string[])["--set", change])];

        // The agent's later stages differ in what they weigh, not in what they are shown.
        string[] GoOn(string recipe, string from) => Train(
            "sft", recipe, [$"startFrom={Run(from, "model")}", .. Places("data", "mistaken", "trajectories", "paintings"), $"rollouts.generator={first}"]);

        string[] Practise(string recipe, string from, params string[] data) => Train(
            "sft", recipe, [$"startFrom={Run(from, "model")}", .. Places("data", data), $"rollouts.generator={painter}"]);

        // The first places of a recipe's list, in order.
        IEnumerable<string> Places(string list, params string[] names) => names.Select((name, i) => $"{list}.{i}.path={Run(name)}");

        string[] Ship(string run, string name) => ["models", "copy", Run(run, "model"), Path.Combine(models, name)];
    }
}
