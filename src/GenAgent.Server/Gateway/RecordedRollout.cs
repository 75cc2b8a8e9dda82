using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>A rollout that the gateway knows. Immutable.</summary>
/// <param name="Name">Which attempt at which rollout.</param>
/// <param name="Owner">The API key that began it; null without authentication.</param>
/// <param name="State">Whether it still takes calls.</param>
/// <param name="Task">What it was made for.</param>
/// <param name="End">How it ended; null while it is open.</param>
internal sealed record RecordedRollout(RolloutName Name, string? Owner, RolloutState State, RecordedTask Task, RecordedEnd? End);

/// <summary>Where a rollout stands.</summary>
internal enum RolloutState
{
    /// <summary>It takes calls, rewards and events.</summary>
    Open,

    /// <summary>Its end is decided; its trajectories are being kept.</summary>
    Ending,

    /// <summary>Its trajectories are kept.</summary>
    Ended,
}

/// <summary>What a rollout was made for, as its owner may say. Immutable.</summary>
internal sealed record RecordedTask
{
    /// <summary>The user's own words; null for the text of the first user message.</summary>
    public string? Prompt { get; init; }

    public string? PromptId { get; init; }

    public string? Category { get; init; }

    public int? Sample { get; init; }

    /// <summary>The image generator's name; null if nobody says.</summary>
    public string? Generator { get; init; }

    /// <summary>The dialect that the model's turns are read in; null for the default.</summary>
    public string? Dialect { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>How a rollout ended. Immutable.</summary>
internal sealed record RecordedEnd
{
    /// <summary>Why it ended; null for an answer.</summary>
    public StopReason? StopReason { get; init; }

    /// <summary>Why it does not count; null if it counts.</summary>
    public string? Excluded { get; init; }
}

/// <summary>Something that was told of a rollout. Immutable.</summary>
/// <param name="Kind"><see cref="Reward"/>, or the teller's own word.</param>
/// <param name="Data">JSON.</param>
/// <param name="At">When.</param>
internal sealed record RecordedEvent(string Kind, string Data, DateTimeOffset At)
{
    /// <summary>The kind of a reward.</summary>
    public const string Reward = "reward";
}
