using System.Globalization;
using GenAgent.Engines;
using GenAgent.Engines.Weights;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Models;
using GenAgent.Training.Grpo.Engines;
using Microsoft.Extensions.AI;

namespace GenAgent.Cli.Commands;

/// <summary>Joins an inference engine to reinforcement learning, which knows no servers.</summary>
internal sealed class EngineRollouts : IRolloutEngine
{
    private readonly RolloutEngine _engine;

    private EngineRollouts(RolloutEngine engine) => _engine = engine;

    public IChatClient Client => _engine.Client;

    /// <summary>Opens the engine of a recipe, and checks that its replicas answer and tell the version of their weights.</summary>
    /// <exception cref="BackendUriException">The URI names no engine, or contradicts the recipe.</exception>
    /// <exception cref="BackendException">No replica can be used.</exception>
    public static async Task<IRolloutEngine> OpenAsync(BackendRegistry backends, RolloutEngineRequest request, CancellationToken cancellationToken)
    {
        var client = await backends.CreateChatClientAsync(Uri(request), cancellationToken);
        var engine = new RolloutEngine(
            new ConfigureOptionsChatClient(client, options => options.Temperature ??= (float)request.Temperature), request.Notice);
        try
        {
            await engine.CheckAsync(cancellationToken);
            return new EngineRollouts(engine);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    public Task UpdateAsync(RolloutWeights weights, CancellationToken cancellationToken = default) => _engine.UpdateAsync(
        new EngineWeights(weights.Folder, weights.Version.ToString(CultureInfo.InvariantCulture), weights.IsAdapter), cancellationToken);

    public void Dispose() => _engine.Dispose();

    // What the recipe and the model say, the URI need not.
    private static string Uri(RolloutEngineRequest request)
    {
        var text = request.Uri;
        if (!BackendUri.TryParse(text, out var uri, out var error)) throw new BackendUriException(error);
        if (!Enum.GetNames<EngineKind>().Contains(uri.Scheme, StringComparer.OrdinalIgnoreCase))
        {
            throw new BackendUriException(
                $"\"{text}\": rollouts are sampled by vllm:NAME@ADDRESS or sglang:NAME@ADDRESS, several addresses separated by commas; or in this process, "
                    + "where no engine is named.");
        }

        if (!request.IsAdapter && uri.Parameters.ContainsKey("adapter"))
            throw new BackendUriException($"\"{text}\": an adapter is named, but all weights are trained (grpo.loraRank is 0).");
        (string Name, string Value)[] known =
        [
            ("tokenizer", request.ModelFolder), ("plain", "true"), .. request.IsAdapter ? (ReadOnlySpan<(string, string)>)[("adapter", "genagent-policy")] : [],
        ];
        foreach (var (name, value) in known.Where(one => !uri.Parameters.ContainsKey(one.Name)))
            text += $"{(text.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={System.Uri.EscapeDataString(value)}";
        return text;
    }
}
