using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAgent.EngineStubs.Vllm;

/// <summary>vLLM's routes: render, generate, and what a client asks beside them. Shapes: see docs/scale.md.</summary>
internal sealed class VllmRoutes(StubContext context)
{
    private const string Image = "image";

    private readonly VllmImages _images = new();
    private readonly StubLogProbs _logProbs = context.Options.LogProbs ?? StubLogProbs.Raw;

    private StubModel Model => context.Model;

    public void Map(WebApplication app)
    {
        app.MapGet("/version", () => Results.Json(new { version = context.Options.IsOld ? "0.18.2" : "0.32.0" }));
        app.MapPost("/tokenize", context.Tokenize);
        app.MapGet("/v1/models", () => Results.Json(new
        {
            @object = "list",
            data = Model.Adapters.Select(adapter => Card(adapter.Key, adapter.Value, context.Options.ModelName))
                .Prepend(Card(context.Options.ModelName, Model.Folder, parent: null)),
        }));
        app.MapPost("/v1/chat/completions/render", http => HandleAsync(http, RenderAsync));
        app.MapPost("/inference/v1/generate", http => HandleAsync(http, GenerateAsync));
    }

    private async Task HandleAsync(HttpContext http, Func<HttpContext, JsonObject, Task> route)
    {
        try
        {
            var body = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted))!.AsObject();
            if (body["model"]?.GetValue<string>() is { } model && model != context.Options.ModelName && !Model.Adapters.ContainsKey(model))
            {
                await context.AnswerAsync(http, StubContext.Fault($"The model `{model}` does not exist.", "NotFoundError", 404), 404);
                return;
            }

            await route(http, body);
        }
        catch (StubAbortedException)
        {
            await context.AnswerAsync(http, Aborted());
        }
        catch (MissingImageException missing)
        {
            // The engine's own assertion, which its HTTP layer answers as a fault of the server.
            await context.AnswerAsync(http, StubContext.Fault($"Expected a cached item for mm_hash='{missing.Message}'", "InternalServerError", 500), 500);
        }
        catch (EngineErrorException)
        {
            await context.AnswerAsync(http, StubContext.Fault("EngineCore encountered an issue.", "InternalServerError", 500), 500);
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException or InvalidOperationException or FormatException or NotSupportedException
            or InvalidDataException or NullReferenceException)
        {
            await context.AnswerAsync(http, StubContext.Fault(wrong.Message, "BadRequestError", 400), 400);
        }
    }

    private object Card(string id, string root, string? parent) =>
        new { id, @object = "model", owned_by = "vllm", root, parent, max_model_len = Model.Engine.MaxTokens };

    private JsonObject Aborted() => new()
    {
        ["request_id"] = $"generate-tokens-{Guid.CreateVersion7():N}",
        ["model"] = context.Options.ModelName,
        ["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0, ["finish_reason"] = "abort", ["token_ids"] = new JsonArray(), ["logprobs"] = new JsonObject { ["content"] = new JsonArray() },
        }),
    };

    private async Task RenderAsync(HttpContext http, JsonObject request)
    {
        var chat = ChatRequest.Read(request, Model);
        var images = chat.Images;
        context.Record.Add(new StubCall("/v1/chat/completions/render", chat.Ids, images.Count, 0));
        var answer = new JsonObject
        {
            ["request_id"] = $"chatcmpl-{Guid.CreateVersion7():N}",
            ["token_ids"] = new JsonArray([.. chat.Ids.Select(id => (JsonNode)id)]),
            ["features"] = images.Count == 0 ? null : Features(chat.Ids, images),
            ["sampling_params"] = new JsonObject { ["n"] = 1, ["temperature"] = 1.0, ["max_tokens"] = Model.Engine.MaxTokens - chat.Ids.Count },
            ["model"] = context.Options.ModelName,
            ["stream"] = false,
            ["priority"] = 0,
        };
        await context.AnswerAsync(http, answer);
    }

    private JsonObject Features(IReadOnlyList<int> ids, IReadOnlyList<ImagePatches> images)
    {
        var starts = PadRuns(ids);
        var extra = context.Faults.Take(StubFault.WrongPads) ? 1 : 0;
        return new JsonObject
        {
            ["mm_hashes"] = new JsonObject { [Image] = new JsonArray([.. images.Select(image => (JsonNode)VllmImages.HashOf(image))]) },
            ["mm_placeholders"] = new JsonObject
            {
                [Image] = new JsonArray([.. images.Select((image, i) => (JsonNode)new JsonObject
                {
                    ["offset"] = starts[i], ["length"] = image.Grid.Features(Model.Config.Vision.MergeSize) + extra,
                })]),
            },
            ["kwargs_data"] = new JsonObject { [Image] = new JsonArray([.. images.Select(image => (JsonNode)VllmImages.Encode(image))]) },
        };
    }

    private async Task GenerateAsync(HttpContext http, JsonObject request)
    {
        int[] ids = [.. request["token_ids"]!.AsArray().Select(id => id!.GetValue<int>())];
        if (ids.Length == 0) throw new ArgumentException("token_ids: List should have at least 1 item after validation, not 0");
        if (ids.Any(id => id < 0)) throw new ArgumentException("token_ids must not contain negative values");
        if (context.Faults.Take(StubFault.ForgetImages)) _images.Clear();
        if (!Model.Adapters.IsEmpty && request["model"]?.GetValue<string>() == context.Options.ModelName)
            throw new NotSupportedException("This stub serves nothing but the adapter once one is loaded.");
        var (images, sent, named) = ReadFeatures(request["features"] as JsonObject, ids);
        context.Record.Add(new StubCall("/inference/v1/generate", ids, sent, named));
        var given = request["sampling_params"]?.AsObject() ?? throw new ArgumentException("sampling_params: Field required");
        var sampling = StubSampling.Read(given, "max_tokens", "seed", _logProbs, Model.EndIds);
        await context.ChangeVersionAsync();
        var (result, version) = await Model.GenerateAsync(new GenerationRequest(ids, images, sampling), http.RequestAborted);
        var reportsIds = !context.Options.IsOld && request["return_token_ids"]?.GetValue<bool>() == true;
        var answer = new JsonObject
        {
            ["request_id"] = $"generate-tokens-{request["request_id"]?.GetValue<string>() ?? Guid.CreateVersion7().ToString("N")}",
            ["model"] = context.Options.ModelName,
            ["created"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
            ["choices"] = new JsonArray(Choice(result, sampling, version, given["logprobs"] is not null)),
            ["usage"] = new JsonObject
            {
                ["prompt_tokens"] = result.PromptTokens,
                ["completion_tokens"] = result.Tokens.Count,
                ["total_tokens"] = result.PromptTokens + result.Tokens.Count,
                ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = result.ReusedTokens },
            },
            ["prompt_logprobs"] = null,
            ["kv_transfer_params"] = null,
        };
        if (reportsIds)
        {
            if (context.Faults.Take(StubFault.OtherPromptIds)) ids[^1] ^= 1;
            answer["prompt_token_ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]);
        }

        await context.AnswerAsync(http, answer);
    }

    private JsonObject Choice(GenerationResult result, SamplingOptions sampling, string version, bool hasLogProbs)
    {
        var tokens = result.Tokens;
        var choice = new JsonObject
        {
            ["index"] = 0,
            ["finish_reason"] = result.End == GenerationEnd.Stop ? "stop" : "length",
            ["token_ids"] = new JsonArray([.. tokens.Select(token => (JsonNode)token.Id)]),
            ["routed_experts"] = null,
        };
        var written = context.Faults.Take(StubFault.MissingLogProb) ? tokens.Skip(1) : tokens;
        choice["logprobs"] = !hasLogProbs ? null : new JsonObject
        {
            ["content"] = new JsonArray([.. written.Select(token => (JsonNode)LogProb(token, StubSampling.Reported(token, sampling, _logProbs)))]),
        };
        if (!context.Options.IsOld) choice["weight_versions"] = context.Versions(version, tokens.Count);
        return choice;
    }

    private JsonObject LogProb(GeneratedToken token, double logProb)
    {
        var written = context.Options.IsOld
            ? new JsonObject { ["token"] = FormattableString.Invariant($"token_id:{token.Id}"), ["bytes"] = null }
            : new JsonObject { ["token_id"] = token.Id, ["rank"] = null };
        written["logprob"] = logProb;
        written["top_logprobs"] = new JsonArray();
        return written;
    }

    private (IReadOnlyList<ImagePatches> Images, int Sent, int Named) ReadFeatures(JsonObject? features, int[] ids)
    {
        if (features is null) return ([], 0, 0);
        string[] hashes = [.. features["mm_hashes"]![Image]!.AsArray().Select(hash => hash!.GetValue<string>())];
        var places = features["mm_placeholders"]![Image]!.AsArray();
        var data = features["kwargs_data"]?[Image]?.AsArray();
        if (places.Count != hashes.Length) throw new ArgumentException("image mm_hashes and mm_placeholders must have the same length");
        if (data is not null && data.Count != hashes.Length) throw new ArgumentException("image kwargs_data and mm_hashes must have the same length");
        var named = hashes.Where((_, i) => data?[i] is null).Count();
        if (named > 0 && context.Faults.IsOn(StubFault.RefuseHashes))
        {
            throw new ArgumentException("multimodal features must include kwargs_data with serialized kwargs for every item");
        }

        if (named > 0 && context.Faults.IsOn(StubFault.NoImageCache)) throw new EngineErrorException();
        var end = 0;
        foreach (var place in places)
        {
            var (offset, length) = (place!["offset"]!.GetValue<int>(), place["length"]!.GetValue<int>());
            if (offset < end) throw new ArgumentException("mm_placeholders must be globally non-overlapping and sorted");
            end = offset + length;
            if (end > ids.Length) throw new ArgumentException("mm_placeholders must remain within the token_ids sequence");
        }

        ImagePatches[] images = [.. hashes.Select((hash, i) => _images.Take(hash, data?[i]?.GetValue<string>()))];
        return (images, hashes.Length - named, named);
    }

    // The start of each image's pads: those between its vision_start and vision_end.
    private List<int> PadRuns(IReadOnlyList<int> ids)
    {
        var starts = new List<int>();
        for (var i = 1; i < ids.Count; i++)
        {
            if (ids[i] == Model.Config.ImageTokenId && ids[i - 1] != ids[i]) starts.Add(i);
        }

        return starts;
    }
}
