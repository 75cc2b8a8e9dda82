using System.Text.Json;
using GenAgent.Protocol;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>
/// A turn as the API tells it. A judgment stands with the turn whose image it is of, not with the turn that says it: beside the outside verdicts.
/// </summary>
internal sealed record TurnContract(int Index)
{
    public string? Thought { get; init; }

    public CallContract? Call { get; init; }

    /// <summary>What the generator was asked for.</summary>
    public string? Prompt { get; init; }

    public IReadOnlyList<ImageContract> Images { get; init; } = [];

    public JudgmentContract? Judgment { get; init; }

    public IReadOnlyList<OutsideContract> Outside { get; init; } = [];

    /// <summary>The thought of the next turn, if this one was judged.</summary>
    public string? Reflection { get; init; }

    public string? Answer { get; init; }

    public string? ToolText { get; init; }

    public IReadOnlyList<FaultContract> Faults { get; init; } = [];

    public TokensContract? Tokens { get; init; }

    public double Milliseconds { get; init; }

    /// <summary>All turns.</summary>
    /// <param name="whole">The trajectory.</param>
    /// <param name="texts">Has the texts of tokens.</param>
    public static IReadOnlyList<TurnContract> OfAll(Trajectory whole, TokenTexts texts) => [.. whole.Rounds.Select((round, index) =>
    {
        var next = index + 1 < whole.Rounds.Count && !round.StartsOver ? whole.Rounds[index + 1] : null;
        var judgment = round.Images.Count > 0 ? next?.Judgment : null;
        return new TurnContract(index)
        {
            Thought = round.Thought,
            Call = round.Call is { } call ? new(call.Name, ArgumentsOf(call)) : null,
            Prompt = round.Generation?.Prompt,
            Images = [.. round.Images.Select(ImageContract.Of)],
            Judgment = judgment is null ? null : new(judgment.Verdict == Verdict.Pass, judgment.Text),
            Outside = [.. (round.Judgments ?? []).Select(one => OutsideContract.Of(one, round))],
            Reflection = judgment is null ? null : next!.Thought,
            Answer = round.Answer,
            ToolText = round.ToolText,
            Faults = [.. round.Faults.Select(fault => new FaultContract(JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.Kind.ToString()), fault.Message))],
            Tokens = TokensContract.Of(whole, index) is { } tokens ? tokens with { Texts = texts.Find(whole, round, tokens.Ids) } : null,
            Milliseconds = Math.Round((round.ModelSeconds + round.ToolSeconds) * 1000),
        };
    })];

    // As JSON where it is some; a broken call is shown as it was written.
    private static JsonElement ArgumentsOf(ToolCall call)
    {
        try
        {
            using var parsed = JsonDocument.Parse(call.Arguments);
            return parsed.RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(call.Arguments);
        }
    }
}

/// <summary>A call of a tool.</summary>
internal sealed record CallContract(string Tool, JsonElement Arguments);

/// <summary>The agent's own judgment of the turn's image.</summary>
internal sealed record JudgmentContract(bool Passed, string Reason);

/// <summary>What an outside judge says of one of the turn's images.</summary>
internal sealed record OutsideContract(string Judge, bool? Passed, double? Score, string? Reason, string? Error, string? Image)
{
    public static OutsideContract Of(ImageJudgment one, Round round) =>
        new(one.Judge, one.Passed, one.Value, one.Reason, one.Error, one.Candidate < round.Images.Count ? round.Images[one.Candidate].Id : null);
}

/// <summary>What went wrong.</summary>
internal sealed record FaultContract(string Kind, string Message);

/// <summary>The tokens that the model sampled in a turn.</summary>
internal sealed record TokensContract(IReadOnlyList<int> Ids, IReadOnlyList<bool> Trained, IReadOnlyList<float> LogProbabilities)
{
    /// <summary>The text of each; null where no tokenizer here fits the ids.</summary>
    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>Those of a turn; null where the trace does not say which they are.</summary>
    public static TokensContract? Of(Trajectory whole, int round)
    {
        if (whole.Trace is not { } trace || trace.Turns.Count != whole.Rounds.Count(one => !one.IsFallback) || round >= trace.Turns.Count) return null;
        var turn = trace.Turns[round];
        if (turn.Start < 0 || turn.Start + turn.Count > trace.Ids.Count) return null;
        var trained = round >= (whole.Task?.LearnFrom ?? 0);
        return new(
            [.. trace.Ids.Skip(turn.Start).Take(turn.Count)], [.. trace.Sampled.Skip(turn.Start).Take(turn.Count).Select(sampled => sampled && trained)],
            [.. trace.LogProbs.Skip(turn.Start).Take(turn.Count)]);
    }
}
