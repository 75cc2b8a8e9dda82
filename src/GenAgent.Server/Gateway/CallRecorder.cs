using System.Globalization;
using GenAgent.Hosting;
using GenAgent.Server.Storage;

namespace GenAgent.Server.Gateway;

/// <summary>
/// Keeps calls, each with the call that it continues. The tokens decide: a call continues the one whose ids its prompt begins with; where the messages go on
/// from an earlier call but the ids do not, a branch of its own begins, and says so. Safe to use from many tasks at once.
/// </summary>
internal sealed class CallRecorder(GatewayTables tables, GatewayFolder folder, GatewayOptions options, HostEnvironment host)
{
    /// <summary>Keeps a call. When the task is done, it is there even if the process is killed.</summary>
    /// <exception cref="RefusedException">The rollout has ended meanwhile, or has too many calls.</exception>
    public async Task<RecordedCall> KeepAsync(
        RolloutName name, AskedConversation asked, AssembledAnswer answer, DateTimeOffset startedAt, string? version)
    {
        foreach (var image in asked.Messages.SelectMany(message => message.Images).DistinctBy(image => image.Id, StringComparer.Ordinal))
        {
            DataFolder.KeepImage(folder.Store, image, asked.Images[image.Id]);
        }

        var details = answer.Details with
        {
            Version = answer.Details.Version ?? version,
            StartedAt = startedAt,
            Seconds = (host.Time.GetUtcNow() - startedAt).TotalSeconds,
        };
        return await tables.AddCallAsync(name, (tree, sequence) => Make(tree, sequence, asked, answer with { Details = details }), options.CallsPerRollout);
    }

    private static RecordedCall Make(CallTree<CallLink> tree, int sequence, AskedConversation asked, AssembledAnswer answer)
    {
        var byMessages = tree.ByMessages(asked.Hashes);
        var byIds = answer.Prompt is null ? null : tree.ByIds(answer.Prompt);
        var parent = answer.Prompt is null ? byMessages?.Call : byIds?.Call;
        var fed = byIds?.Ids ?? 0;
        var details = answer.Details;
        if (answer.Prompt is { } prompt && byMessages is var (before, _) && tree.IdsOf(before) is { } ids && (parent is null || fed < ids.Length))
        {
            var place = ids.Zip(prompt).TakeWhile(pair => pair.First == pair.Second).Count();
            details = details with
            {
                Fault = string.Create(
                    CultureInfo.InvariantCulture,
                    $"the messages go on from call {before.Sequence}, but the ids do not: they differ at place {place} of {ids.Length}")
                    + (details.Fault is { } more ? $"; {more}" : string.Empty),
            };
        }

        // Where the caller rewrote the answer that it goes on from, the ids go on all the same.
        var added = parent is null ? 0
            : byMessages is var (same, count) && same.Sequence == parent.Sequence ? count
            : asked.Messages.ToList().FindLastIndex(message => message.IsAnswer) + 1;
        return new(
            sequence, parent?.Sequence, [.. asked.Messages.Skip(added)], answer.Message, asked.Hashes[^1],
            RecordedMessage.Hashes(asked.Hashes[^1], [answer.Message])[^1], details)
        {
            Prompt = answer.Prompt is null ? null : [.. answer.Prompt.Skip(fed)],
            Sampled = answer.Sampled,
            LogProbs = answer.LogProbs,
        };
    }
}
