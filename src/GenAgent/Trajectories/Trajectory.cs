using System.Text.Json.Serialization;
using GenAgent.Judging;

namespace GenAgent.Trajectories;

/// <summary>
/// The record of one run, from the user's prompt to the answer. Immutable; images are stored separately by content. Stores keep it, trainers learn from it,
/// and evaluations measure it.
/// </summary>
public sealed record Trajectory
{
    /// <summary>The name under which <see cref="Rewards"/> keeps the whole reward, beside its parts.</summary>
    public const string TotalReward = "total";

    /// <summary>Unique among all trajectories; ids sort by time of start unless the caller gave one.</summary>
    public required string Id { get; init; }

    /// <summary>The user's own words.</summary>
    public required string Prompt { get; init; }

    /// <summary>When the run began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The task of the run; null for a single prompt.</summary>
    public TrajectoryTask? Task { get; init; }

    /// <summary>The agent's model.</summary>
    public required ModelIdentity Model { get; init; }

    /// <summary>The image generator.</summary>
    public required ModelIdentity Generator { get; init; }

    /// <summary>The URIs of additional generators, by the tool's name; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tools { get; init; }

    /// <summary>The seed that every other one is derived from.</summary>
    public required ulong RootSeed { get; init; }

    /// <summary>The run's node in the tree of seeds, such as <c>/trajectory:3</c>; empty at the root.</summary>
    public string SeedPath { get; init; } = string.Empty;

    /// <summary>The name of the model's dialect; null in trajectories from before dialects existed.</summary>
    public string? Dialect { get; init; }

    /// <summary>The system turn, exactly as sent to the model.</summary>
    public required string Instructions { get; init; }

    /// <summary>The first user turn, exactly as the model was given it: the prompt, and hints where there are any.</summary>
    public required string Opening { get; init; }

    /// <summary>The images that the user gave with the prompt; their seeds mean nothing.</summary>
    public IReadOnlyList<ImageReference> OriginalImages { get; init; } = [];

    /// <summary>Which part of the first original image might be changed; null for all of it. The model is not shown it.</summary>
    public ImageReference? Mask { get; init; }

    /// <summary>The model's turns in order, the answer's included.</summary>
    public IReadOnlyList<Round> Rounds { get; init; } = [];

    /// <summary>The image that the run returned; null if it made none.</summary>
    public FinalAnswer? Answer { get; init; }

    /// <summary>Why the run ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>What failed, for a run that ended by <see cref="StopReason.ModelFailed"/>; otherwise null.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the same run would fail so again: the conversation is longer than the model can hold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ErrorIsFinal { get; init; }

    /// <summary>From start to end, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>The conversation token by token; null when the model's backend does not give it.</summary>
    public TokenTrace? Trace { get; init; }

    /// <summary>
    /// What judges say of the run as a whole, by judge; null before anyone has judged. What they say of each image stands in <see cref="Round.Judgments"/>.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Scores { get; init; }

    /// <summary>What a trainer made of the run, by reward; null before there is any.</summary>
    public IReadOnlyDictionary<string, double>? Rewards { get; init; }

    /// <summary>The whole reward: the member <see cref="TotalReward"/> of <see cref="Rewards"/>; null where there is none.</summary>
    [JsonIgnore]
    public double? Reward => Rewards is not null && Rewards.TryGetValue(TotalReward, out var total) ? total : null;

    /// <summary>Why the run does not count, as a judge or a server failed; null if it counts.</summary>
    public string? Excluded { get; init; }

    /// <summary>The caller's own marks, by name; null for none. No part of GenAgent reads them.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>
    /// The turns of the last conversation: those after the last round that started over, without an image that was made in the model's place.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<Round> Conversation =>
        [.. Rounds.Skip(Rounds.LastOrDefault(round => round.StartsOver)?.Index + 1 ?? 0).Where(round => !round.IsFallback)];

    /// <summary>Every fault, in order.</summary>
    [JsonIgnore]
    public IEnumerable<Fault> Faults => Rounds.SelectMany(round => round.Faults);

    /// <summary>Every image that the trajectory names: the user's, the mask, and each round's candidates.</summary>
    [JsonIgnore]
    public IEnumerable<ImageReference> AllImages => OriginalImages.Concat(Mask is null ? [] : [Mask]).Concat(Rounds.SelectMany(round => round.Images));

    /// <summary>The image that the run returned; null if it made none.</summary>
    [JsonIgnore]
    public ImageReference? FinalImage => Answer is { } answer
        ? Rounds.SelectMany(round => round.Images).FirstOrDefault(image => image.Id.Equals(answer.ImageId, StringComparison.Ordinal))
        : null;

    /// <summary>Tokens over all rounds.</summary>
    [JsonIgnore]
    public TokenUsage Tokens => Rounds.Aggregate(TokenUsage.None, (sum, round) => sum + round.Tokens);

    /// <summary>How many rounds brought an image: the paper's number of rounds.</summary>
    [JsonIgnore]
    public int ImageRounds => Rounds.Count(round => round.Images.Count > 0);

    /// <summary>What failed that no turn of the model could change: the model's server, the generator or an image; null for nothing.</summary>
    [JsonIgnore]
    public string? BackendFailure => StopReason == StopReason.ModelFailed
        ? $"the model failed: {Error}"
        : Faults.FirstOrDefault(fault => fault.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage)?.Message;

    /// <summary>The trajectory with an outside judgment of one of its images.</summary>
    /// <param name="round">The image's round, by <see cref="Round.Index"/>.</param>
    /// <param name="candidate">Which of the round's images.</param>
    /// <param name="judgment">What the judge said.</param>
    /// <returns>The trajectory with the judgment beside earlier ones.</returns>
    public Trajectory WithJudgment(int round, int candidate, Judgment judgment) => this with
    {
        Rounds = [.. Rounds.Select(one => one.Index == round ? one with { Judgments = [.. one.Judgments, ImageJudgment.Of(candidate, judgment)] } : one)],
    };
}
