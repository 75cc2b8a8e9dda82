using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.EngineStubs.Weights;

/// <summary>SGLang's routes that pause it and change its weights. Shapes: see docs/scale.md.</summary>
internal sealed class SglangWeightRoutes(StubContext context)
{
    private StubModel Model => context.Model;

    public void Map(WebApplication app)
    {
        app.MapPost("/pause_generation", PauseAsync);
        app.MapPost("/continue_generation", ContinueAsync);
        app.MapPost("/update_weights_from_disk", UpdateAsync);
        app.MapPost("/update_weight_version", UpdateVersionAsync);
        app.MapPost("/load_lora_adapter", LoadAdapterAsync);
        app.MapPost("/unload_lora_adapter", UnloadAdapterAsync);
    }

    // "retract" and "in_place" freeze what runs until it is continued; here it runs on with the weights that it began with.
    private async Task PauseAsync(HttpContext http, JsonObject body)
    {
        var mode = body["mode"]?.GetValue<string>() ?? "abort";
        if (mode is not ("abort" or "retract" or "in_place"))
        {
            await context.AnswerAsync(http, StubContext.Fault($"Input should be 'abort', 'retract' or 'in_place', not '{mode}'", "BadRequest", 400), 400);
            return;
        }

        var emptied = Model.Gate.CloseAsync();
        if (mode == "abort")
        {
            Model.Abort();
            await emptied.WaitAsync(http.RequestAborted);
        }

        await context.AnswerAsync(http, new JsonObject { ["status"] = "ok", ["message"] = "Generation paused successfully." });
    }

    private async Task ContinueAsync(HttpContext http, JsonObject body)
    {
        if (!context.Faults.Take(StubFault.StayPaused)) Model.Gate.Open();
        await context.AnswerAsync(http, new JsonObject { ["status"] = "ok", ["message"] = "Generation continued successfully." });
    }

    private async Task UpdateAsync(HttpContext http, JsonObject body)
    {
        await context.HangUpdateAsync(http);
        var fault = await TryAsync(() =>
            StubWeights.LoadAsync(Model, body["model_path"]?.GetValue<string>() ?? throw new ArgumentException("model_path is required"), version: null));
        if (fault is null)
        {
            if (context.Faults.Take(StubFault.DieInUpdate)) Environment.Exit(137);
            Name(body["weight_version"]?.GetValue<string>());
            if (context.Faults.Take(StubFault.BreakUpdate))
            {
                http.Abort();
                return;
            }
        }

        var answer = new JsonObject
        {
            ["success"] = fault is null, ["message"] = fault ?? "Succeeded to update model weights.", ["num_paused_requests"] = 0,
        };
        await context.AnswerAsync(http, answer, fault is null ? 200 : 400);
    }

    private async Task UpdateVersionAsync(HttpContext http, JsonObject body)
    {
        var version = body["new_version"]!.GetValue<string>();
        Name(version);
        await context.AnswerAsync(http, new JsonObject { ["success"] = true, ["message"] = "Weight version updated", ["new_version"] = version });
    }

    private async Task LoadAdapterAsync(HttpContext http, JsonObject body)
    {
        await context.HangUpdateAsync(http);
        var (name, path) = (body["lora_name"]!.GetValue<string>(), body["lora_path"]!.GetValue<string>());
        var fault = Model.Adapters.ContainsKey(name)
            ? $"LoRA with name {name} already exists." : await TryAsync(() => StubWeights.LoadAdapterAsync(Model, path));
        if (fault is null)
        {
            if (context.Faults.Take(StubFault.DieInUpdate)) Environment.Exit(137);
            Model.Adapters[name] = path;
        }

        await AnswerAdaptersAsync(http, fault);
    }

    private Task UnloadAdapterAsync(HttpContext http, JsonObject body)
    {
        var name = body["lora_name"]!.GetValue<string>();
        return AnswerAdaptersAsync(http, Model.Adapters.TryRemove(name, out _) ? null : $"LoRA adapter {name} is not loaded.");
    }

    private Task AnswerAdaptersAsync(HttpContext http, string? fault)
    {
        var adapters = new JsonObject(Model.Adapters.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        var answer = new JsonObject { ["success"] = fault is null, ["error_message"] = fault, ["loaded_adapters"] = adapters };
        return context.AnswerAsync(http, answer, fault is null ? 200 : 400);
    }

    private async Task<string?> TryAsync(Func<Task> load)
    {
        if (context.Faults.Take(StubFault.RefuseUpdate)) return "CUDA out of memory";
        try
        {
            await load();
            return null;
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidDataException or IOException)
        {
            return $"Failed to update weights: {wrong.Message}. Rolling back to original weights.";
        }
    }

    private void Name(string? version)
    {
        if (!context.Faults.Take(StubFault.OldVersion)) Model.Name(version);
    }
}
