using System.Text.Json;
using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>
/// Makes trajectories of recorded calls, one for each conversation of a rollout. What several conversations share is sampled in the first one, and context in
/// the others. The images of a conversation are those that the model was shown, in order.
/// </summary>
internal static class RecordedTrajectories
{
    /// <summary>The label that says why a conversation begins in the middle of another one.</summary>
    public const string FaultLabel = "gateway.fault";

    /// <summary>The trajectories, the first conversation first; empty for a rollout without a call.</summary>
    public static IReadOnlyList<Trajectory> Of(RecordedRollout rollout, CallTree<RecordedCall> tree, IReadOnlyList<RecordedEvent> events, string upstream)
    {
        var taken = new HashSet<int>();
        var trajectories = new List<Trajectory>();
        foreach (var (branch, leaf) in tree.Leaves().Index())
        {
            var chain = tree.ChainOf(leaf);
            var own = chain.Where(call => taken.Add(call.Sequence)).Select(call => call.Sequence).ToHashSet();
            trajectories.Add(Make(rollout, chain, RecordedCall.TraceOf(chain, call => own.Contains(call.Sequence)), events, upstream, branch));
        }

        return trajectories;
    }

    private static Trajectory Make(
        RecordedRollout rollout, IReadOnlyList<RecordedCall> chain, TokenTrace? trace, IReadOnlyList<RecordedEvent> events, string upstream, int branch)
    {
        var task = rollout.Task;
        var dialect = Dialect.Find(task.Dialect) ?? Dialect.Default;
        List<(RecordedMessage Message, RecordedCall? Call)> messages =
            [.. chain.SelectMany(call => call.Messages.Select(message => (message, (RecordedCall?)null)).Append((call.Answer, call)))];
        var first = messages.FindIndex(one => one.Message.IsAnswer);
        var opening = messages.Take(first).Select(one => one.Message).ToList();
        var originals = opening.SelectMany(message => message.Images).ToList();
        var rounds = Rounds([.. messages.Skip(first)], originals.Count > 0, dialect);
        var last = chain[^1].Details;
        var words = string.Join('\n', opening.Where(message => message.Role is not "system").Select(message => message.Text));
        var fault = chain.Select(call => call.Details).FirstOrDefault(details => details.Fault is not null);
        return new()
        {
            Id = rollout.Name.TrajectoryId(branch),
            Prompt = task.Prompt ?? words,
            Task = new()
            {
                Key = rollout.Name.ToString(), PromptId = task.PromptId, Category = task.Category, Sample = task.Sample,
            },
            StartedAt = chain[0].Details.StartedAt,
            Model = new(last.Model, Version: last.Version) { Uri = upstream },
            Generator = new(task.Generator ?? "unknown"),
            RootSeed = chain[0].Details.Sampling.Seed is { } seed ? unchecked((ulong)seed) : 0,
            Dialect = task.Dialect,
            Instructions = string.Join('\n', opening.Where(message => message.Role is "system").Select(message => message.Text)),
            Opening = words,
            OriginalImages = originals,
            Rounds = rounds,
            Answer = Answer(rounds),
            StopReason = rollout.End?.StopReason ?? StopReason.Answered,
            Seconds = (last.StartedAt - chain[0].Details.StartedAt).TotalSeconds + last.Seconds,
            Trace = trace,
            Rewards = RewardBody.Sum(events),
            Excluded = rollout.End?.Excluded ?? (fault is { IsUnusable: true } ? fault.Fault : null),
            Labels = Labels(task.Labels, fault?.Fault),
        };
    }

    private static List<Round> Rounds(List<(RecordedMessage Message, RecordedCall? Call)> messages, bool afterImage, Dialect dialect)
    {
        var rounds = new List<Round>();
        for (var i = 0; i < messages.Count;)
        {
            var (said, call) = messages[i++];
            var between = new List<RecordedMessage>();
            for (; i < messages.Count && !messages[i].Message.IsAnswer; i++) between.Add(messages[i].Message);
            var round = Turn(rounds.Count, said, call?.Details, afterImage, dialect, isLast: i == messages.Count);
            var images = between.SelectMany(message => message.Images).ToList();
            rounds.Add(images.Count == 0
                ? round with { ToolText = between.Count > 0 ? string.Join('\n', between.Select(message => message.Text)) : null }
                : round with { Images = images, Shown = images.Count - 1, AllShown = images.Count > 1, Generation = GenerationOf(round.Call) });
            afterImage |= images.Count > 0;
        }

        return rounds;
    }

    private static Round Turn(int index, RecordedMessage said, CallDetails? details, bool afterImage, Dialect dialect, bool isLast)
    {
        var round = new Round(index, said.Text)
        {
            Thought = details?.Reasoning, Tokens = details?.Tokens ?? TokenUsage.None, ModelSeconds = details?.Seconds ?? 0,
        };
        if (said.Calls is [var native, ..]) return round with { Call = new(native.Name, native.Arguments, native.Id) };
        return TurnParser.Parse(said.Text, dialect, afterImage).Turn is { } turn
            ? round with { Judgment = turn.Judgment, Thought = turn.Thought ?? round.Thought, Call = turn.Call, Answer = turn.Answer }
            : round with { Answer = isLast && said.Text.Length > 0 ? said.Text : null };
    }

    // What the model asked a generator for, where its call has the arguments of one.
    private static Generation? GenerationOf(ToolCall? call)
    {
        if (call is null) return null;
        try
        {
            using var arguments = JsonDocument.Parse(call.Arguments);
            return arguments.RootElement is { ValueKind: JsonValueKind.Object } asked
                && JsonPrompt.Of(asked) is { } prompt ? new(prompt) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FinalAnswer? Answer(List<Round> rounds) => rounds.FindLast(round => round.Images.Count > 0) is { } shown
        ? new(shown.Images[^1].Id, shown.Index, ChoiceRule.Last, rounds[^1].Answer)
        : null;

    private static Dictionary<string, string>? Labels(IReadOnlyDictionary<string, string>? labels, string? fault)
    {
        if (fault is null && labels is null) return null;
        var all = new Dictionary<string, string>(labels ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        if (fault is not null) all[FaultLabel] = fault;
        return all;
    }
}
