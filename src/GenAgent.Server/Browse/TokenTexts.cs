using System.Collections.Concurrent;
using GenAgent.Models;
using GenAgent.Torch.Tokenizers;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>
/// The texts of the tokens that a model sampled. Trajectories hold ids alone: the tokenizers of the embedded, the configured and the pulled models are tried,
/// and one that gives the ids a turn's own text is the model's. No path that a trajectory names is opened. Safe to use from many tasks at once.
/// </summary>
/// <param name="registry">Finds the models' folders.</param>
/// <param name="agents">The URIs of the models that are tried for every trajectory.</param>
internal sealed class TokenTexts(Lazy<BackendRegistry> registry, IReadOnlyList<string> agents)
{
    private readonly ConcurrentDictionary<string, Lazy<Tokenizer?>> _tokenizers = new(StringComparer.Ordinal);

    /// <summary>The tokenizer of a trajectory's model; null if there is no trace, or none fits it.</summary>
    public ITokenizer? Find(Trajectory whole)
    {
        if (Sample(whole) is not var (ids, text)) return null;
        return agents.Concat(whole.Model.Uri is { } own && own.StartsWith("hf:", StringComparison.Ordinal) ? [own] : [])
            .Distinct(StringComparer.Ordinal)
            .Select(uri => _tokenizers.GetOrAdd(uri, one => new(() => Load(one))).Value)
            .FirstOrDefault(tokenizer => tokenizer is not null && Fits(tokenizer, ids, text));
    }

    /// <summary>The text of each id. A character of several tokens stands with its last one.</summary>
    public static IReadOnlyList<string> Of(ITokenizer tokenizer, IReadOnlyList<int> ids)
    {
        var decoder = tokenizer.StartDecoding();
        var texts = ids.Select(decoder.Append).ToArray();
        if (texts.Length > 0) texts[^1] += decoder.Flush();
        return texts;
    }

    // The longest turn tells most of the tokenizer.
    private static (IReadOnlyList<int> Ids, string Text)? Sample(Trajectory whole)
    {
        var longest = whole.Rounds.Where(round => !string.IsNullOrWhiteSpace(round.Text)).MaxBy(round => round.Text.Length);
        return longest is not null && TokensContract.Of(whole, longest.Index) is { Ids.Count: > 0 } tokens ? (tokens.Ids, longest.Text.Trim()) : null;
    }

    // The turn's text may end with a tag at which the model was stopped, and which it did not sample.
    private static bool Fits(Tokenizer tokenizer, IReadOnlyList<int> ids, string text)
    {
        var decoded = tokenizer.Decode(ids, skipSpecialTokens: true).Trim();
        return 2 * decoded.Length > text.Length && text.StartsWith(decoded, StringComparison.Ordinal);
    }

    private Tokenizer? Load(string uri)
    {
        try
        {
            return TokenizerLoader.Load(registry.Value.FindChatModel(uri));
        }
        catch (Exception none) when (none is BackendUriException or GenAgent.Models.BackendUnavailableException or IOException or InvalidDataException
            or ArgumentException or UnauthorizedAccessException)
        {
            // A model of another server, or one that is not here.
            return null;
        }
    }
}
