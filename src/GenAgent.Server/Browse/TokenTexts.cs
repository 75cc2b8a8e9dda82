using GenAgent.Hosting.Composition;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>The texts of the tokens that a model sampled. No path that a trajectory names is opened. Safe to use from many tasks at once.</summary>
/// <param name="decoder">Has the tokenizers.</param>
/// <param name="agents">The URIs of the models that are tried for every trajectory: the configured and the embedded ones.</param>
internal sealed class TokenTexts(TokenDecoder decoder, IReadOnlyList<string> agents)
{
    private const string Pulled = "hf:";

    /// <summary>The text of each token of a turn; null if no model here has these ids.</summary>
    public IReadOnlyList<string>? Find(Trajectory whole, Round round, IReadOnlyList<int> ids)
    {
        string[] own = whole.Model.Uri is { } uri && uri.StartsWith(Pulled, StringComparison.Ordinal) ? [uri] : [];
        return decoder.Decode(agents.Concat(own), ids, round.Text);
    }
}
