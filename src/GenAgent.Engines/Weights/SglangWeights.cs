using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Engines.Wire;
using GenAgent.Models;

namespace GenAgent.Engines.Weights;

/// <summary>Weights of an SGLang: all of them from disk, an adapter by unloading the old one and loading the new. Routes: docs/scale.md, "Weights".</summary>
/// <param name="http">Calls the replica.</param>
/// <param name="adapter">The name by which it serves the adapter; null where it gets all weights.</param>
internal sealed class SglangWeights(EngineHttp http, string? adapter) : IWeightProtocol
{
    // Requests of others go on afterwards with the new weights; what was computed for them is dropped.
    public Task PauseAsync(CancellationToken cancellationToken) =>
        http.CallAsync("pause_generation", new JsonObject { ["mode"] = "retract" }, cancellationToken);

    public async Task LoadAsync(EngineWeights weights, CancellationToken cancellationToken)
    {
        if (!weights.IsAdapter)
        {
            var update = new JsonObject
            {
                ["model_path"] = weights.Folder,
                ["abort_all_requests"] = false,
                ["weight_version"] = weights.Version,
                ["flush_cache"] = true,
            };
            Require(await http.CallAsync("update_weights_from_disk", update, cancellationToken), "message", "the weights");
            return;
        }

        await UnloadAsync(cancellationToken);
        var load = new JsonObject { ["lora_name"] = adapter, ["lora_path"] = weights.Folder };
        var loaded = await http.CallAsync("load_lora_adapter", load, cancellationToken);
        Require(loaded, "error_message", "the adapter");
        if (loaded.Member("loaded_adapters")?.Member(adapter!).Text() is { } path && !string.Equals(path, weights.Folder, StringComparison.Ordinal))
            throw new BackendAnswerException($"{http.Name} serves the adapter \"{adapter}\" from {path} after loading it from {weights.Folder}.");
        var version = new JsonObject { ["new_version"] = weights.Version, ["abort_all_requests"] = false };
        Require(await http.CallAsync("update_weight_version", version, cancellationToken), "message", "the version");
    }

    // An update is one call here: it is done or not.
    public Task EndHalfDoneAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<string?> ReadVersionAsync(CancellationToken cancellationToken) =>
        (await http.GetAsync("model_info", cancellationToken)).Member("weight_version").Text();

    public Task ResumeAsync(CancellationToken cancellationToken) => http.CallAsync("continue_generation", new JsonObject(), cancellationToken);

    // There is none yet at the first update: that it cannot be unloaded says nothing.
    private async Task UnloadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await http.CallAsync("unload_lora_adapter", new JsonObject { ["lora_name"] = adapter }, cancellationToken);
        }
        catch (BackendRejectedException)
        {
        }
    }

    private void Require(JsonElement answer, string reason, string what)
    {
        if (answer.Member("success") is not { ValueKind: JsonValueKind.True })
            throw new BackendAnswerException($"{http.Name} did not take {what}: {answer.Member(reason).Text() ?? "it gives no reason"}");
    }
}
