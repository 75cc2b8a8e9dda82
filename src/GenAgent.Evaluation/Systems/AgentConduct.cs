using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Systems;

/// <summary>How a run of the agent went, apart from its images.</summary>
/// <param name="Trajectory">The trajectory's name.</param>
/// <param name="Rounds">Turns of the model, the answer's included.</param>
/// <param name="StopReason">Why the run ended.</param>
/// <param name="Faults">Kinds of the faults, in order.</param>
/// <param name="ThinkingWords">Words of reasoning before the first image.</param>
/// <param name="OutputTokens">Tokens that the model wrote.</param>
/// <param name="Prompts">The prompts that it sent, in order.</param>
public sealed record AgentConduct(
    string Trajectory, int Rounds, StopReason StopReason, IReadOnlyList<FaultKind> Faults, int ThinkingWords, long OutputTokens, IReadOnlyList<string> Prompts)
{
    /// <summary>Images that the generator made, candidates that nobody was shown among them; null in samples of earlier versions.</summary>
    public int? Images { get; init; }

    /// <summary>Tokens that the model read; null in samples of earlier versions.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Turns that the model was asked for; null in samples of earlier versions.</summary>
    public int? ModelCalls { get; init; }

    /// <summary>
    /// Tokens of reasoning before the first image: of each turn's tokens the part that its reasoning has in its text; null in samples of earlier versions.
    /// </summary>
    public double? ThinkingTokens { get; init; }

    internal static AgentConduct Of(Trajectory trajectory) => new(
        trajectory.Id,
        trajectory.Rounds.Count,
        trajectory.StopReason,
        [.. trajectory.Faults.Select(f => f.Kind)],
        BeforeTheFirstImage(trajectory).Sum(r => Words(r.Thought).Length),
        trajectory.Tokens.Output,
        [.. trajectory.Rounds.Select(r => r.Generation?.Prompt).OfType<string>()])
    {
        Images = trajectory.Rounds.Sum(r => r.Images.Count),
        InputTokens = trajectory.Tokens.Input,
        ModelCalls = trajectory.Rounds.Count(r => r.Tokens.Input + r.Tokens.Output > 0),
        ThinkingTokens =
            Math.Round(BeforeTheFirstImage(trajectory).Sum(r => r.Tokens.Output * (double)(r.Thought?.Length ?? 0) / Math.Max(1, r.Text.Length)), 1),
    };

    private static IEnumerable<Round> BeforeTheFirstImage(Trajectory trajectory) =>
        trajectory.Rounds.TakeWhile((_, i) => i == 0 || trajectory.Rounds[i - 1].Images.Count == 0);

    internal static string[] Words(string? text) => text?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
}
