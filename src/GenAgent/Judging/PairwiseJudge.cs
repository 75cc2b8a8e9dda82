using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>
/// Shows a chat model both images, in both orders: what it prefers only in one of them is its taste for a position, and counts as a tie.
/// Safe to call from many tasks at once; does not own the client.
/// </summary>
public sealed class PairwiseJudge : IPairwiseJudge
{
    internal const string Question = "pairwise/1";

    internal const string System = """
        You compare two images, A and B, that were made by text-to-image models for the same prompt. Say which of them meets the prompt better.
        Look at the images themselves: what is there, how many, which colours, where, which actions, which style. What the prompt asks for comes first;
        only between images that meet it equally well does the better made one win. The order in which they are shown means nothing.

        Answer with a JSON object:
        "reason": in one to three sentences how the two differ against the prompt;
        "better": "A", "B", or "tie" when they meet it equally well.
        """;

    private readonly JsonAsker _asker;

    /// <summary>Makes a judge.</summary>
    /// <param name="chat">A model that sees several images in one turn.</param>
    /// <param name="options">How to ask; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public PairwiseJudge(IChatClient chat, ChatJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(chat);
        _asker = new JsonAsker(chat, options ?? new());
    }

    /// <inheritdoc/>
    public string Name => $"{Question}@{_asker.Model}";

    /// <inheritdoc/>
    public async ValueTask<PairwiseJudgment> CompareAsync(PairwiseRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answers = await Task.WhenAll(
            AskAsync(request.Prompt, request.First, request.Second, cancellationToken),
            AskAsync(request.Prompt, request.Second, request.First, cancellationToken));
        var ((forth, forthError), (back, backError)) = (answers[0], answers[1]);
        if (forth is null || back is null)
        {
            return new NoPreference(Name, forthError ?? backError!);
        }

        var (one, other) = (Place(forth.Better, Winner.First, Winner.Second), Place(back.Better, Winner.Second, Winner.First));
        return one == other
            ? new Preference(Name, one, forth.Reason)
            : new Preference(
                Name, Winner.Tie, $"The two orders disagree. In the given order: {forth.Reason} In the other: {back.Reason}") { OrdersDisagree = true };
    }

    private static Winner Place(Better better, Winner a, Winner b) => better switch
    {
        Better.A => a,
        Better.B => b,
        _ => Winner.Tie,
    };

    private Task<JsonAnswer<Comparison>> AskAsync(string prompt, DataContent a, DataContent b, CancellationToken cancellationToken) =>
        _asker.AskAsync<Comparison>(
            System,
            [new TextContent($"<prompt>\n{prompt}\n</prompt>\nImage A:"), a, new TextContent("Image B:"), b],
            _ => null,
            cancellationToken);

    private sealed record Comparison(
        [property: Description("How the two differ against the prompt.")] string Reason,
        [property: Description("The image that meets the prompt better.")] Better Better);

    [JsonConverter(typeof(JsonStringEnumConverter<Better>))]
    private enum Better
    {
        [JsonStringEnumMemberName("tie")]
        Tie,
        A,
        B,
    }
}
