using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>
/// Asks a chat model that sees images for a mark from 0 to 10, a strict verdict and the reason.
/// Safe to call from many tasks at once; does not own the client.
/// </summary>
public sealed class PointwiseJudge : IJudge
{
    internal const string Question = "pointwise/1";

    internal const string System = """
        You judge images made by a text-to-image model. You are shown the prompt that an image was made for, and the image.
        Look at the image itself: what is there, how many, which colours, where, which actions, which style. Judge only against the prompt;
        beauty counts only where the prompt asks for it. Do not assume that something is there because the prompt asks for it.

        Answer with a JSON object:
        "reason": in one to three sentences what meets the prompt and what does not;
        "score": a whole number from 0 (nothing that was asked for) to 10 (everything, exactly);
        "passed": true only if every single thing that the prompt asks for is there.
        """;

    private readonly JsonAsker _asker;

    /// <summary>Makes a judge.</summary>
    /// <param name="chat">A model that sees images.</param>
    /// <param name="options">How to ask; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public PointwiseJudge(IChatClient chat, ChatJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(chat);
        _asker = new JsonAsker(chat, options ?? new());
    }

    /// <inheritdoc/>
    public string Name => $"{Question}@{_asker.Model}";

    /// <inheritdoc/>
    public async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        List<AIContent> question = [new TextContent($"<prompt>\n{request.Prompt}\n</prompt>\nThe image:"), request.Image];
        var (mark, error) = await _asker.AskAsync<Mark>(System, question, Fault, cancellationToken);
        return mark is null ? new NoScore(Name, error!) : new Score(Name, mark.Score / 10.0, mark.Passed, mark.Reason);
    }

    private static string? Fault(Mark mark) =>
        mark.Score is >= 0 and <= 10 ? null : $"\"score\" is {mark.Score}, but must be from 0 to 10.";

    private sealed record Mark(
        [property: Description("What meets the prompt and what does not.")] string Reason,
        [property: Description("A whole number from 0 to 10.")] int Score,
        [property: Description("Whether everything that was asked for is there.")] bool Passed);
}
