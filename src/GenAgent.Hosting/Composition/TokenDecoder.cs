using System.Collections.Concurrent;
using GenAgent.Models;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Hosting.Composition;

/// <summary>
/// Gives the tokens of a stored turn their texts, which trajectories do not hold. A tokenizer is a model's if it gives the ids the turn's own text. Tokenizers
/// are loaded once. Safe to use from many tasks at once.
/// </summary>
/// <param name="registry">Makes the registry that finds the models' folders, when it is first needed.</param>
public sealed class TokenDecoder(Func<BackendRegistry> registry)
{
    private readonly Lazy<BackendRegistry> _registry = new(registry);
    private readonly ConcurrentDictionary<string, Lazy<Tokenizer?>> _tokenizers = new(StringComparer.Ordinal);

    /// <summary>The text of each token; a character of several tokens stands with its last one. Null if no model's tokenizer fits.</summary>
    /// <param name="models">URIs of chat models; those whose files are not here are passed over.</param>
    /// <param name="ids">The ids that the model sampled in the turn.</param>
    /// <param name="text">The turn's text; may end with a tag at which the model was stopped, and which it did not sample.</param>
    /// <returns>A text for each id, or null.</returns>
    public IReadOnlyList<string>? Decode(IEnumerable<string> models, IReadOnlyList<int> ids, string text)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(text);
        return models.Distinct(StringComparer.Ordinal)
            .Select(uri => _tokenizers.GetOrAdd(uri, one => new(() => Load(one))).Value)
            .FirstOrDefault(tokenizer => tokenizer is not null && Fits(tokenizer, ids, text.Trim())) is { } found
            ? TextsOf(found, ids)
            : null;
    }

    private static bool Fits(Tokenizer tokenizer, IReadOnlyList<int> ids, string text)
    {
        var decoded = tokenizer.Decode(ids, skipSpecialTokens: true).Trim();
        return 2 * decoded.Length > text.Length && text.StartsWith(decoded, StringComparison.Ordinal);
    }

    private static string[] TextsOf(Tokenizer tokenizer, IReadOnlyList<int> ids)
    {
        var decoder = tokenizer.StartDecoding();
        string[] texts = [.. ids.Select(decoder.Append)];
        if (texts.Length > 0) texts[^1] += decoder.Flush();
        return texts;
    }

    // A model that an engine serves has its tokenizer here: where its URI says, else in the folder of its name, else in the hub's cache.
    private static string[] PlacesOf(string uri) =>
        !BackendUri.TryParse(uri, out var served, out _) || served.Scheme is not ("vllm" or "sglang") || served.Model is not { } name ? [uri]
        : served.Parameters.GetValueOrDefault("tokenizer") is { } named ? [named]
        : name.StartsWith('/') || name.StartsWith('.') ? [name] : [$"./{name}", $"hf:{name}"];

    private Tokenizer? Load(string uri) => PlacesOf(uri).Select(LoadFrom).FirstOrDefault(found => found is not null);

    private Tokenizer? LoadFrom(string place)
    {
        try
        {
            return TokenizerLoader.Load(_registry.Value.FindChatModel(place));
        }
        catch (Exception none) when (none is BackendUriException or BackendException or IOException or InvalidDataException or ArgumentException
            or UnauthorizedAccessException)
        {
            // A model behind a server, or one that is not here.
            return null;
        }
    }
}
