using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.EngineStubs.Weights;

/// <summary>vLLM's routes that pause it and change its weights, with the state that a worker of the backend <c>disk</c> keeps.</summary>
/// <remarks>Shapes: see docs/scale.md.</remarks>
internal sealed class VllmWeightRoutes(StubContext context)
{
    private bool _isActive;
    private bool _isLoaded;

    private StubModel Model => context.Model;

    public void Map(WebApplication app)
    {
        app.MapPost("/pause", http => HandleAsync(http, PauseAsync));
        app.MapPost("/resume", http => HandleAsync(http, ResumeAsync));
        app.MapGet("/is_paused", http => HandleAsync(http, IsPausedAsync));
        app.MapPost("/init_weight_transfer_engine", http => HandleAsync(http, InitializeAsync));
        app.MapPost("/start_weight_update", http => HandleAsync(http, StartAsync));
        app.MapPost("/update_weights", http => HandleAsync(http, UpdateAsync));
        app.MapPost("/finish_weight_update", http => HandleAsync(http, FinishAsync));
        app.MapPost("/update_weight_version", http => HandleAsync(http, UpdateVersionAsync));
        app.MapGet("/weight_info", http => HandleAsync(http, InfoAsync));
        app.MapPost("/v1/load_lora_adapter", LoadAdapterAsync);
        app.MapPost("/v1/unload_lora_adapter", UnloadAdapterAsync);
    }

    // "keep" freezes what runs until resume; here it runs on with the weights that it began with.
    private async Task<JsonObject> PauseAsync(HttpContext http, JsonObject body)
    {
        var mode = http.Request.Query["mode"].FirstOrDefault() ?? "abort";
        if (mode is not ("abort" or "wait" or "keep")) throw new ArgumentException($"Input should be 'abort', 'wait' or 'keep', not '{mode}'");
        var emptied = Model.Gate.CloseAsync();
        if (mode == "abort") Model.Abort();
        if (mode != "keep") await emptied.WaitAsync(http.RequestAborted);
        return new JsonObject { ["status"] = "paused" };
    }

    private Task<JsonObject> ResumeAsync(HttpContext http, JsonObject body)
    {
        if (!context.Faults.Take(StubFault.StayPaused)) Model.Gate.Open();
        return Said("status", "resumed");
    }

    private Task<JsonObject> IsPausedAsync(HttpContext http, JsonObject body) =>
        Task.FromResult(new JsonObject { ["is_paused"] = Model.Gate.IsClosed });

    private Task<JsonObject> InfoAsync(HttpContext http, JsonObject body) => Task.FromResult(new JsonObject { ["weight_version"] = Model.Version });

    private Task<JsonObject> InitializeAsync(HttpContext http, JsonObject body) => Said("message", "Weight transfer initialized");

    private Task<JsonObject> StartAsync(HttpContext http, JsonObject body)
    {
        if (_isActive) throw new InvalidOperationException("A shared-disk weight update is already active");
        (_isActive, _isLoaded) = (true, false);
        return Said("message", "Weight update started");
    }

    private async Task<JsonObject> UpdateAsync(HttpContext http, JsonObject body)
    {
        if (body["update_info"] is not JsonObject info) throw new BadHttpRequestException("Missing 'update_info' in request body");
        await context.HangUpdateAsync(http);
        if (!_isActive) throw new InvalidOperationException("start_weight_update must be called before loading a checkpoint");
        try
        {
            if (context.Faults.Take(StubFault.RefuseUpdate)) throw new InvalidOperationException("CUDA out of memory");
            if (_isLoaded) throw new InvalidOperationException("The disk backend accepts exactly one checkpoint per update session");
            await StubWeights.LoadAsync(Model, info["path"]?.GetValue<string>() ?? throw new ArgumentException("`path` must be given"), version: null);
            _isLoaded = true;
        }
        catch
        {
            _isActive = false;
            throw;
        }

        if (context.Faults.Take(StubFault.DieInUpdate)) Environment.Exit(137);
        return new JsonObject { ["message"] = "Weights updated" };
    }

    private Task<JsonObject> FinishAsync(HttpContext http, JsonObject body)
    {
        if (context.Faults.Take(StubFault.BreakUpdate)) http.Abort();
        else
        {
            if (!_isActive) throw new InvalidOperationException("No shared-disk weight update is active");
            _isActive = false;
            if (!_isLoaded) throw new InvalidOperationException("No checkpoint was loaded during the shared-disk update session");
            Name(body["weight_version"]?.GetValue<string>());
        }

        return Said("message", "Weight update finished");
    }

    private Task<JsonObject> UpdateVersionAsync(HttpContext http, JsonObject body)
    {
        var version = body["new_version"]?.GetValue<string>() ?? throw new ArgumentException("new_version: Field required");
        Name(version);
        return Task.FromResult(new JsonObject { ["success"] = true, ["new_version"] = version });
    }

    private void Name(string? version)
    {
        if (!context.Faults.Take(StubFault.OldVersion)) Model.Name(version);
    }

    private async Task LoadAdapterAsync(HttpContext http)
    {
        var body = await ReadAsync(http);
        var (name, path) = (body["lora_name"]?.GetValue<string>(), body["lora_path"]?.GetValue<string>());
        if (string.IsNullOrEmpty(name) || string.IsNullOrEmpty(path))
        {
            await RefuseAsync(http, "Both 'lora_name' and 'lora_path' must be provided.", "InvalidUserInput", 400);
        }
        else if (body["load_inplace"]?.GetValue<bool>() != true && Model.Adapters.ContainsKey(name))
        {
            await RefuseAsync(
                http, $"The lora adapter '{name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.",
                "InvalidUserInput", 400);
        }
        else
        {
            await context.HangUpdateAsync(http);
            try
            {
                if (context.Faults.Take(StubFault.RefuseUpdate)) throw new ArgumentException("No free lora slots");
                await StubWeights.LoadAdapterAsync(Model, path);
            }
            catch (Exception wrong) when (wrong is ArgumentException or InvalidDataException or IOException)
            {
                await RefuseAsync(http, wrong.Message, "NotFoundError", 404);
                return;
            }

            if (context.Faults.Take(StubFault.DieInUpdate)) Environment.Exit(137);
            Model.Adapters[name] = path;
            await http.Response.WriteAsync($"Success: LoRA adapter '{name}' added successfully.", http.RequestAborted);
        }
    }

    private async Task UnloadAdapterAsync(HttpContext http)
    {
        var name = (await ReadAsync(http))["lora_name"]?.GetValue<string>() ?? string.Empty;
        if (Model.Adapters.TryRemove(name, out _)) await http.Response.WriteAsync($"Success: LoRA adapter '{name}' removed successfully.", http.RequestAborted);
        else await RefuseAsync(http, $"The lora adapter '{name}' cannot be found.", "NotFoundError", 404);
    }

    private Task RefuseAsync(HttpContext http, string message, string type, int status) =>
        context.AnswerAsync(http, StubContext.Fault(message, type, status), status);

    // What an engine's process throws, its HTTP layer answers as a fault of the server.
    private async Task HandleAsync(HttpContext http, Func<HttpContext, JsonObject, Task<JsonObject>> route)
    {
        try
        {
            await context.AnswerAsync(http, await route(http, await ReadAsync(http)));
        }
        catch (Exception wrong) when (wrong is JsonException or BadHttpRequestException)
        {
            await context.AnswerAsync(http, new JsonObject { ["detail"] = wrong.Message }, 400);
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException or InvalidDataException or IOException)
        {
            await RefuseAsync(http, wrong.Message, "InternalServerError", 500);
        }
    }

    private static async Task<JsonObject> ReadAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        return body.Length == 0 ? [] : JsonNode.Parse(body.ToArray())?.AsObject() ?? [];
    }

    private static Task<JsonObject> Said(string name, string text) => Task.FromResult(new JsonObject { [name] = text });
}
