using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Engines.Wire;
using GenAgent.Models;

namespace GenAgent.Engines.Weights;

/// <summary>
/// Weights of a vLLM: all of them by its weight transfer with the backend <c>disk</c>, an adapter by loading it in place. Routes: docs/scale.md, "Weights".
/// </summary>
/// <param name="http">Calls the replica.</param>
/// <param name="adapter">The name by which it serves the adapter; null where it gets all weights.</param>
internal sealed class VllmWeights(EngineHttp http, string? adapter) : IWeightProtocol
{
    private const string StartIt = "Start vLLM with VLLM_SERVER_DEV_MODE=1 and --weight-transfer-config '{\"backend\": \"disk\"}' (all weights), or with "
        + "VLLM_SERVER_DEV_MODE=1, VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora (adapters); see docs/scale.md.";

    // The caches are cleared now and filled with nothing before the new weights are there.
    public Task PauseAsync(CancellationToken cancellationToken) => CallAsync("pause?mode=wait&clear_cache=true", [], cancellationToken);

    public async Task LoadAsync(EngineWeights weights, CancellationToken cancellationToken)
    {
        if (weights.IsAdapter)
        {
            var load = new JsonObject { ["lora_name"] = adapter, ["lora_path"] = weights.Folder, ["load_inplace"] = true };
            await CallAsync("v1/load_lora_adapter", load, cancellationToken);
            await RequireAdapterAsync(weights.Folder, cancellationToken);
            await CallAsync("update_weight_version", new JsonObject { ["new_version"] = weights.Version }, cancellationToken);
            return;
        }

        await CallAsync("start_weight_update", [], cancellationToken);
        await CallAsync("update_weights", new JsonObject { ["update_info"] = new JsonObject { ["path"] = weights.Folder } }, cancellationToken);
        await CallAsync("finish_weight_update", new JsonObject { ["weight_version"] = weights.Version }, cancellationToken);
    }

    // Finishing ends the session also where it fails, for instance because nothing was loaded. The version is not published.
    public async Task EndHalfDoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await http.CallAsync("finish_weight_update", [], cancellationToken);
        }
        catch (BackendException failure) when (failure.Status is not null)
        {
            // What is wrong with the session, or that there is none.
        }
    }

    public async Task<string?> ReadVersionAsync(CancellationToken cancellationToken) =>
        (await ExplainedAsync("weight_info", http.GetAsync("weight_info", cancellationToken))).Member("weight_version").Text();

    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await CallAsync("resume", [], cancellationToken);
        var answer = await ExplainedAsync("is_paused", http.GetAsync("is_paused", cancellationToken));
        if (answer.Member("is_paused") is { ValueKind: JsonValueKind.True }) throw new BackendAnswerException($"{http.Name} is still paused after /resume.");
    }

    // A name of the model itself would hide the adapter: requests would be answered without it.
    private async Task RequireAdapterAsync(string folder, CancellationToken cancellationToken)
    {
        var models = (await http.GetAsync("v1/models", cancellationToken)).Member("data");
        var served = models is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Where(one => string.Equals(one.Member("id").Text(), adapter, StringComparison.Ordinal)).ToList()
            : [];
        if (served.TrueForAll(one => one.Member("parent") is null))
            throw new BackendAnswerException($"{http.Name} lists no adapter \"{adapter}\" after loading it: is the model itself served under this name?");
        var roots = served.Select(one => one.Member("root").Text()).OfType<string>();
        if (roots.FirstOrDefault(root => !string.Equals(root, folder, StringComparison.Ordinal)) is { } other)
            throw new BackendAnswerException($"{http.Name} serves the adapter \"{adapter}\" from {other} after loading it from {folder}.");
    }

    private Task<JsonElement> CallAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        ExplainedAsync(path, http.CallAsync(path, body, cancellationToken));

    private async Task<JsonElement> ExplainedAsync(string path, Task<JsonElement> call)
    {
        try
        {
            return await call;
        }
        catch (BackendRejectedException missing) when (EngineHttp.IsNoRoute(missing))
        {
            throw new BackendRejectedException($"{http.Name} has no /{path.Split('?')[0]}. {StartIt}", missing) { Status = missing.Status };
        }
    }
}
