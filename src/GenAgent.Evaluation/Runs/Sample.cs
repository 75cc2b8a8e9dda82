using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Runs;

/// <summary>One image of an evaluation with its verdict: a line of <c>samples.jsonl</c>. Immutable.</summary>
/// <param name="Schema">The version of this record's layout.</param>
/// <param name="Prompt">The prompt's id.</param>
/// <param name="Index">Which image of the prompt, from 0.</param>
/// <param name="Seed">The root and path of its seed, in words.</param>
/// <param name="SentPrompt">The prompt that the image was made from.</param>
/// <param name="Image">Where the image lies below the evaluation's folder; null when there is none.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Passed">The strict verdict.</param>
/// <param name="Share">The judge's value: for constraints the share met, in [0, 1].</param>
/// <param name="Errors">What went wrong, by the benchmark's kinds of errors.</param>
/// <param name="Checks">Every single check with what was expected and found.</param>
/// <param name="Objects">What the judge saw, in its own layout.</param>
public sealed record Sample(
    int Schema, string Prompt, int Index, string Seed, string SentPrompt, string? Image, double Seconds,
    bool Passed, double Share, IReadOnlyList<string> Errors, IReadOnlyList<Check> Checks, IReadOnlyList<JsonElement> Objects)
{
    /// <summary>Today's layout.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Why there is no verdict: no image (<see cref="Image"/> is null), or one that could not be judged; null when there is one.</summary>
    public string? Failure { get; init; }

    /// <summary>The judge's words where it has no single checks; null otherwise.</summary>
    public string? Reason { get; init; }

    /// <summary>True where the system declined to make an image; null otherwise.</summary>
    public bool? Declined { get; init; }

    /// <summary>What the judge's model replied, verbatim; null for a judge that asks no model.</summary>
    [JsonPropertyName("replies")]
    public IReadOnlyList<JudgeReply>? KeptReplies { get; init; }

    /// <summary>What the judge's model replied, verbatim; empty for a judge that asks no model.</summary>
    [JsonIgnore]
    public IReadOnlyList<JudgeReply> Replies => KeptReplies ?? [];

    /// <summary>When a model judged it; null for a program, and in samples of earlier versions.</summary>
    public DateTimeOffset? JudgedAt { get; init; }

    /// <summary>Whether there is an image whose judgement failed: no verdict, which is neither right nor wrong.</summary>
    [JsonIgnore]
    public bool JudgementFailed => Failure is not null && Image is not null;

    /// <summary>Every reply of the judge's model about this sample's images.</summary>
    [JsonIgnore]
    internal IEnumerable<JudgeReply> AllReplies => Replies.Concat(Attempts.SelectMany(attempt => attempt.KeptReplies ?? []));

    /// <summary>What the agent did; null where there was none.</summary>
    public AgentConduct? Agent { get; init; }

    /// <summary>The agent's images in order, each with its prompt, the agent's verdict (null for none) and the judge's.</summary>
    public IReadOnlyList<JudgedAttempt> Attempts { get; init; } = [];

    /// <summary>Whether the judge passes the agent's first image: what the run would have been without reflection.</summary>
    internal bool FirstPassed => Attempts is [{ Passed: true }, ..];
}

/// <summary>One of the agent's images.</summary>
/// <param name="SentPrompt">The prompt that it was made from.</param>
/// <param name="AgentPassed">What the agent said of it; null when it said nothing.</param>
/// <param name="Passed">What the judge says; null where it was not asked, or could not judge.</param>
public sealed record JudgedAttempt(string SentPrompt, bool? AgentPassed, [property: JsonPropertyName("verifierPassed")] bool? Passed)
{
    /// <summary>Where the image lies below the evaluation's folder; null where it is not kept there.</summary>
    public string? Image { get; init; }

    /// <summary>Why the judge could not judge; null where it did, or was not asked.</summary>
    public string? Failure { get; init; }

    /// <summary>True for the sample's own image, whose replies the sample keeps; null otherwise.</summary>
    public bool? IsFinal { get; init; }

    /// <summary>What the judge's model replied, verbatim; null for a judge that asks no model, and for the sample's own image.</summary>
    [JsonPropertyName("replies")]
    public IReadOnlyList<JudgeReply>? KeptReplies { get; init; }
}
