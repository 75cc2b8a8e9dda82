namespace GenAgent.Micro.Training.Pipeline;

/// <summary>
/// Shrinks a command of a <see cref="TrainingPipeline"/> to what is needed to see that it runs: two steps of a training, few images of a data set. Pure.
/// </summary>
public static class Rehearsal
{
    private const string Count = "60";

    private static readonly string[] Training =
        ["steps=2", "batchSize=8", "schedule.warmupSteps=0", "schedule.decaySteps=1", "evaluateEvery=0"];

    /// <summary>The command, shrunk; any that takes no time as it is stays so.</summary>
    /// <param name="command">The arguments of <c>genagent</c>.</param>
    /// <returns>The command for a rehearsal.</returns>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> command) => command switch
    {
        ["train", "flow", ..] => With(
            command, "model.training.", [.. Training, "microBatchSize=4"], "data.scenes=64", "evaluation.dense=4", "evaluation.plain=4", "evaluation.steps=2"),
        ["train", "vae", ..] => With(command, "training.", [.. Training, "microBatchSize=4"]),
        ["train", "sight", ..] => With(command, "training.", [.. Training, "microBatchSize=4"], "heldOut=4"),
        ["train", "sft", ..] => With(command, "training.", Training, "heldOut=4", "rollouts.promptsPerTag=1", "requests.perTopic=0"),
        ["train", "rl", ..] => With(
            command, "training.", ["steps=1", "evaluateEvery=0"], "grpo.prompts=2", "grpo.rollouts=4", "grpo.kept=2", "rollouts.generator="),
        // After two steps a painter paints nothing that could pass, and no trajectory would be left: the teacher gets the program that paints.
        ["data", "synth", ..] => Replaced(Replaced(command, "--count", Count), "--generator", "canvas"),
        _ => Replaced(command, "--count", Count),
    };

    private static string[] Replaced(IReadOnlyList<string> command, string option, string value) =>
        [.. command.Select((word, i) => i > 0 && string.Equals(command[i - 1], option, StringComparison.Ordinal) ? value : word)];

    private static string[] With(IReadOnlyList<string> command, string place, string[] training, params string[] more) =>
        [.. command, .. training.Select(change => place + change).Concat(more).SelectMany(change => (string[])["--set", change])];
}
