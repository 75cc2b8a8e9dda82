using GenAgent.Models;
using GenAgent.Torch.Chat;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Engines.Wire;

/// <summary>
/// What must hold in every turn, so that a trainer recomputes what was sampled: ids continue those of the turn before, pads are as many as features, and the
/// engine has used what it was sent. A fault excludes the one rollout.
/// </summary>
internal static class AnswerCheck
{
    private const float Above = 1e-3f;

    /// <summary>Checks a conversation before it is sent.</summary>
    /// <exception cref="BackendAnswerException">Ids do not continue, or pads are not as many as features.</exception>
    public static void Conversation(string server, IEnumerable<ChatMessage> messages, ReadConversation conversation, int imageTokenId, int mergeSize)
    {
        TokenTrace? before = null;
        foreach (var trace in messages.Select(message => message.GetTokenTrace()).OfType<TokenTrace>())
        {
            if (before is not null) Continues(server, trace.Ids, before.Ids, "A later turn of the conversation");
            before = trace;
        }

        var pads = conversation.Ids.Count(id => id == imageTokenId);
        var features = conversation.Images.Sum(image => image.Grid.Features(mergeSize));
        if (pads != features)
        {
            throw new BackendAnswerException(
                $"{server}: the conversation has {pads} image pads, but its {conversation.Images.Count} images have {features} features. An image of an "
                    + "earlier turn was lost or changed; this rollout is excluded.");
        }
    }

    /// <summary>Checks an answer.</summary>
    /// <exception cref="BackendAnswerException">It does not belong to what was sent.</exception>
    /// <exception cref="BackendUnavailableException">The engine gave up.</exception>
    public static void Answer(string server, EngineRequest request, EngineAnswer answer)
    {
        var ids = request.Conversation.Ids;
        if (answer.Finish is not ("stop" or "length"))
        {
            throw new BackendUnavailableException($"{server} gave up ({answer.Finish ?? "no finish_reason"}) after {answer.Tokens.Count} tokens.");
        }

        if (answer.PromptIds is { } used) Same(server, used, ids);
        if (answer.PromptTokens is { } counted && counted != ids.Count)
        {
            throw new BackendAnswerException(
                $"{server} computed with a prompt of {counted} tokens, but it was sent one of {ids.Count}, image pads included: it prepares images or text in "
                    + "another way. This rollout is excluded.");
        }

        if (answer.Tokens.Count == 0 || answer.Tokens.Count > request.MaxTokens)
        {
            throw new BackendAnswerException($"{server} sent {answer.Tokens.Count} tokens where 1 to {request.MaxTokens} were asked for.");
        }

        var banned = request.Sampling.BannedIds.ToHashSet();
        foreach (var token in answer.Tokens)
        {
            if (banned.Contains(token.Id))
            {
                throw new BackendAnswerException($"{server} sampled id {token.Id}, which was banned (logit_bias): a trace with it would be wrong.");
            }

            if (!float.IsFinite(token.LogProb) || token.LogProb > Above)
            {
                throw new BackendAnswerException(FormattableString.Invariant($"{server} reports {token.LogProb} as the log-probability of id {token.Id}."));
            }
        }
    }

    /// <summary>Checks which weights sampled an answer, where it tells.</summary>
    /// <exception cref="BackendUnavailableException">It was sampled with others: the server must be brought to the right ones first.</exception>
    public static void Weights(string server, EngineAnswer answer, string? expected)
    {
        if (expected is null || answer.Versions.All(version => string.Equals(version, expected, StringComparison.Ordinal))) return;
        throw new BackendUnavailableException(
            $"{server} sampled with weights of version \"{Version(answer)}\" instead of \"{expected}\": it was started anew, or somebody else changed them.");
    }

    /// <summary>The version of a turn's weights: several, oldest first, if they changed within it.</summary>
    public static string? Version(EngineAnswer answer) => answer.Versions.Count > 0 ? string.Join(',', answer.Versions) : null;

    private static void Same(string server, IReadOnlyList<int> used, IReadOnlyList<int> sent)
    {
        Continues(server, used, sent, "The prompt that the engine used");
        if (used.Count != sent.Count)
        {
            throw new BackendAnswerException($"{server} used a prompt of {used.Count} tokens, but it was sent one of {sent.Count}. This rollout is excluded.");
        }
    }

    private static void Continues(string server, IReadOnlyList<int> ids, IReadOnlyList<int> before, string what)
    {
        for (var i = 0; i < before.Count; i++)
        {
            if (i < ids.Count && ids[i] == before[i]) continue;
            var found = i < ids.Count ? FormattableString.Invariant($"id {ids[i]}") : "no id";
            throw new BackendAnswerException(
                $"{server}: ids do not continue. {what} has {found} at position {i}, where the turns before have {before[i]}. The text was rendered or "
                    + "tokenized anew; this rollout is excluded.");
        }
    }
}
