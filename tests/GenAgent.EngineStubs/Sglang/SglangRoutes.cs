using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.EngineStubs.Sglang;

/// <summary>SGLang's routes: generate, and what a client asks beside it. Shapes: see docs/scale.md.</summary>
internal sealed class SglangRoutes(StubContext context)
{
    private static readonly string[] NewSettings = ["sampling_seed", "logit_bias"];

    private readonly StubLogProbs _logProbs = context.Options.LogProbs ?? StubLogProbs.Scaled;

    private StubModel Model => context.Model;

    public void Map(WebApplication app)
    {
        app.MapGet("/model_info", Info);
        app.MapGet("/get_model_info", Info);
        app.MapPost("/tokenize", context.Tokenize);
        app.MapGet("/v1/models", () => Results.Json(new
        {
            @object = "list",
            data = new[] { new { id = context.Options.ModelName, @object = "model", owned_by = "sglang", max_model_len = Model.Engine.MaxTokens } },
        }));
        app.MapPost("/generate", HandleAsync);
    }

    private IResult Info() => Results.Json(new
    {
        model_path = Model.Folder, tokenizer_path = Model.Folder, is_generation = true, weight_version = Model.Version, model_type = "qwen2_5_vl",
    });

    private async Task HandleAsync(HttpContext http)
    {
        try
        {
            await GenerateAsync(http, (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted))!.AsObject());
        }
        catch (StubAbortedException)
        {
            var reason = new JsonObject { ["type"] = "abort", ["message"] = "Abort in waiting queue" };
            await context.AnswerAsync(
                http, new JsonObject { ["text"] = "", ["output_ids"] = new JsonArray(), ["meta_info"] = new JsonObject { ["finish_reason"] = reason } });
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException or InvalidOperationException or FormatException or NotSupportedException
            or InvalidDataException or NullReferenceException)
        {
            await context.AnswerAsync(http, new JsonObject { ["error"] = new JsonObject { ["message"] = wrong.Message } }, 400);
        }
    }

    private async Task GenerateAsync(HttpContext http, JsonObject request)
    {
        int[] sent = [.. request["input_ids"]!.AsArray().Select(id => id!.GetValue<int>())];
        ImagePatches[] images = [.. (request["image_data"] as JsonArray ?? []).Select(image => ChatRequest.ReadImage(image!.GetValue<string>(), Model))];
        context.Record.Add(new StubCall("/generate", sent, images.Length, 0));
        RequireAdapter(request["lora_path"]?.GetValue<string>());
        var ids = Expand(sent, images);
        var given = request["sampling_params"] as JsonObject ?? [];
        if (context.Faults.IsOn(StubFault.RefuseNewSettings) && Array.Find(NewSettings, given.ContainsKey) is { } unknown)
        {
            throw new ArgumentException($"SamplingParams.__init__() got an unexpected keyword argument '{unknown}'");
        }

        var sampling = StubSampling.Read(given, "max_new_tokens", "sampling_seed", _logProbs, Model.EndIds);
        if (sampling.MaxTokens is null) sampling = sampling with { MaxTokens = 128 };
        await context.ChangeVersionAsync();
        var (result, version) = await Model.GenerateAsync(new GenerationRequest(ids, images, sampling), http.RequestAborted);
        var versions = context.Versions(version, result.Tokens.Count);
        var meta = new JsonObject
        {
            ["id"] = request["rid"]?.GetValue<string>() ?? Guid.CreateVersion7().ToString("N"),
            ["finish_reason"] = result.End == GenerationEnd.Stop
                ? new JsonObject { ["type"] = "stop", ["matched"] = result.StopString is { } text ? text : result.Tokens[^1].Id }
                : new JsonObject { ["type"] = "length", ["length"] = result.Tokens.Count },
            ["prompt_tokens"] = ids.Count,
            ["completion_tokens"] = result.Tokens.Count,
            ["cached_tokens"] = result.ReusedTokens,
            ["weight_version"] = versions[^1]!["version"]!.GetValue<string>(),
            ["e2e_latency"] = 0.0,
        };
        if (!context.Options.IsOld) meta["weight_versions"] = versions;
        if (request["return_logprob"]?.GetValue<bool>() == true)
        {
            var written = context.Faults.Take(StubFault.MissingLogProb) ? result.Tokens.Skip(1) : result.Tokens;
            meta["output_token_logprobs"] = new JsonArray([.. written.Select(token =>
                (JsonNode)new JsonArray(StubSampling.Reported(token, sampling, _logProbs), token.Id, null))]);
            meta["input_token_logprobs"] = new JsonArray();
        }

        var answer = new JsonObject
        {
            ["text"] = Model.Tokenizer.Decode([.. result.Tokens.Select(token => token.Id)], skipSpecialTokens: true),
            ["output_ids"] = new JsonArray([.. result.Tokens.Select(token => (JsonNode)token.Id)]),
            ["meta_info"] = meta,
        };
        if (!context.Options.IsOld && request["return_prompt_token_ids"]?.GetValue<bool>() == true)
        {
            if (context.Faults.Take(StubFault.OtherPromptIds)) ids[^1] ^= 1;
            answer["prompt_token_ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]);
        }

        await context.AnswerAsync(http, answer);
    }

    private void RequireAdapter(string? name)
    {
        if (name is not null && !Model.Adapters.ContainsKey(name)) throw new ArgumentException($"The following requested LoRA adapters are not loaded: {name}");
        if (name is null && !Model.Adapters.IsEmpty) throw new NotSupportedException("This stub serves nothing but the adapter once one is loaded.");
    }

    // SGLang takes one pad an image, and puts one for each of its features in its place.
    private List<int> Expand(int[] sent, ImagePatches[] images)
    {
        var ids = new List<int>();
        var image = 0;
        var extra = context.Faults.Take(StubFault.WrongPads) ? 1 : 0;
        foreach (var id in sent)
        {
            if (id != Model.Config.ImageTokenId)
            {
                ids.Add(id);
                continue;
            }

            if (image == images.Length) throw new ArgumentException($"An image token without an image: image_data holds {images.Length}.");
            ids.AddRange(Enumerable.Repeat(id, images[image++].Grid.Features(Model.Config.Vision.MergeSize)));
        }

        if (image < images.Length) throw new ArgumentException($"{images.Length} images for {image} image tokens.");
        ids.AddRange(Enumerable.Repeat(Model.Config.VisionEndTokenId, extra));
        return ids;
    }
}
