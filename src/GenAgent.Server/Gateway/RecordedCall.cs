using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>Where a call stands among those of its attempt. Immutable.</summary>
/// <param name="Sequence">Its number among the calls of its attempt, from 1, in the order of their ends.</param>
/// <param name="Parent">The call that it continues; null for the beginning of a conversation.</param>
/// <param name="AskHash">The hash of the request's conversation.</param>
/// <param name="EndHash">The hash of the conversation with the answer.</param>
internal record CallLink(int Sequence, int? Parent, string AskHash, string EndHash)
{
    /// <summary>The ids that were fed behind the parent's last one; null if the upstream gave none.</summary>
    public IReadOnlyList<int>? Prompt { get; init; }

    /// <summary>The ids that were sampled; null if the upstream gave none.</summary>
    public IReadOnlyList<int>? Sampled { get; init; }
}

/// <summary>A call of the model that ended, with what it adds to the call that it continues. Immutable.</summary>
/// <param name="Sequence">Its number among the calls of its attempt, from 1, in the order of their ends.</param>
/// <param name="Parent">The call that it continues; null for the beginning of a conversation.</param>
/// <param name="Messages">The messages of the request behind the parent's answer; all of them without a parent.</param>
/// <param name="Answer">What the model said.</param>
/// <param name="AskHash">The hash of the request's conversation.</param>
/// <param name="EndHash">The hash of the conversation with the answer.</param>
/// <param name="Details">Everything else.</param>
internal sealed record RecordedCall(
    int Sequence, int? Parent, IReadOnlyList<RecordedMessage> Messages, RecordedMessage Answer, string AskHash, string EndHash, CallDetails Details)
    : CallLink(Sequence, Parent, AskHash, EndHash)
{
    /// <summary>The log-probability of each sampled id; null if the upstream gave none.</summary>
    public IReadOnlyList<float>? LogProbs { get; init; }

    /// <summary>Whether ids and log-probabilities are whole, so that the call can be trained on.</summary>
    public bool IsTraced => Prompt is not null && Sampled is { Count: > 0 } ids && LogProbs?.Count == ids.Count;

    /// <summary>A conversation token by token; null where a call of it has no ids or log-probabilities.</summary>
    /// <param name="chain">Its calls.</param>
    /// <param name="isOwn">Whether a call's tokens count as sampled; those of others are context.</param>
    public static TokenTrace? TraceOf(IReadOnlyList<RecordedCall> chain, Func<RecordedCall, bool> isOwn)
    {
        if (!chain.All(call => call is { IsTraced: true, Details.IsUnusable: false })) return null;
        var (ids, logProbs, sampled, turns) = (new List<int>(), new List<float>(), new List<bool>(), new List<TraceTurn>());
        foreach (var call in chain)
        {
            var own = isOwn(call);
            ids.AddRange(call.Prompt!);
            logProbs.AddRange(Enumerable.Repeat(0f, call.Prompt!.Count));
            sampled.AddRange(Enumerable.Repeat(false, call.Prompt.Count));
            if (own) turns.Add(new(ids.Count, call.Sampled!.Count) { PolicyVersion = call.Details.Version, Sampling = call.Details.Sampling });
            ids.AddRange(call.Sampled!);
            logProbs.AddRange(own ? call.LogProbs! : Enumerable.Repeat(0f, call.Sampled!.Count));
            sampled.AddRange(Enumerable.Repeat(own, call.Sampled!.Count));
        }

        return new(ids, logProbs, sampled) { Turns = turns };
    }
}

/// <summary>Which model answered a call, how, and what it cost. Immutable.</summary>
internal sealed record CallDetails
{
    /// <summary>The model, as the upstream names it.</summary>
    public string Model { get; init; } = "unknown";

    /// <summary>The version of the weights; null if nobody says.</summary>
    public string? Version { get; init; }

    /// <summary>How the tokens were sampled.</summary>
    public TraceSampling Sampling { get; init; } = new();

    /// <summary>Why the answer ended, as <c>stop</c> or <c>length</c>.</summary>
    public string Finish { get; init; } = "stop";

    /// <summary>The model's reasoning, where the upstream gives it apart from the answer.</summary>
    public string? Reasoning { get; init; }

    /// <summary>Tokens read and written.</summary>
    public TokenUsage Tokens { get; init; } = TokenUsage.None;

    /// <summary>When the call began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Why the call cannot be trained on, or why it begins a branch of its own; null for no fault.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether <see cref="Fault"/> rules the call out of training.</summary>
    public bool IsUnusable { get; init; }
}
