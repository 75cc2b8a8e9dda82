using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Engines.Replicas;
using GenAgent.Models;
using GenAgent.Torch.Generation;

namespace GenAgent.Engines.Wire;

/// <summary>
/// vLLM: images are prepared by <c>/v1/chat/completions/render</c>, each once; <c>/inference/v1/generate</c> takes token ids and the images' features, later
/// by their hashes alone. Shapes of vLLM 0.18 to 0.32, see docs/scale.md.
/// </summary>
internal sealed class VllmWire(EngineOptions options, int imageTokenId, int mergeSize) : IEngineWire
{
    private const string RenderRoute = "v1/chat/completions/render";
    private const string GenerateRoute = "inference/v1/generate";
    private const string TokenPrefix = "token_id:";
    private const string Image = "image";
    private const int MaxKnownImages = 100_000;

    // What vLLM answers where a log-probability is missing or below its range.
    private const double Missing = -9999;

    private string Model => options.Adapter ?? options.Model;

    public async Task<EngineAnswer> GenerateAsync(Replica replica, EngineRequest request, CancellationToken cancellationToken)
    {
        var always = options.SendsImagesAlways || replica.WantsEveryImage;
        var features = await FeaturesAsync(replica, request, always, cancellationToken);
        JsonElement answer;
        try
        {
            answer = await PostAsync(replica, request, features, cancellationToken);
        }
        catch (BackendException fault) when (features.Exists(image => image.Data is null) && (IsForgotten(fault) || fault.Status is 400 or 500))
        {
            // A forgotten image is sent again. Whatever else goes wrong with hashes (there is no cache of images, or they are refused) goes wrong every time.
            foreach (var image in features) replica.KnownImages.TryRemove(image.Hash, out _);
            features = await FeaturesAsync(replica, request, always: true, cancellationToken);
            answer = await PostAsync(replica, request, features, cancellationToken);
            if (!IsForgotten(fault)) replica.WantsEveryImage = true;
        }

        Remember(replica, request, features);
        return AnswerJson.Read(replica.Http.Name, GenerateRoute, () => ReadAnswer(answer));
    }

    private static bool IsForgotten(BackendException fault) =>
        fault.Message.Contains("mm_hash", StringComparison.OrdinalIgnoreCase) || fault.Message.Contains("cached item", StringComparison.OrdinalIgnoreCase);

    private async Task<JsonElement> PostAsync(Replica replica, EngineRequest request, List<RenderedImage> images, CancellationToken cancellationToken)
    {
        var ids = request.Conversation.Ids;
        var sampling = AnswerJson.Sampling(request.Sampling);
        sampling["max_tokens"] = request.MaxTokens;
        sampling["logprobs"] = 0;
        if (request.Sampling.Seed is { } seed) sampling["seed"] = unchecked((long)seed);
        var body = new JsonObject
        {
            ["model"] = Model, ["token_ids"] = AnswerJson.Array(ids), ["sampling_params"] = sampling, ["stream"] = false, ["return_token_ids"] = true,
        };
        if (images.Count > 0) body["features"] = Features(ids, images);
        return await CallAsync(replica, GenerateRoute, body, cancellationToken);
    }

    private static async Task<JsonElement> CallAsync(Replica replica, string route, JsonObject body, CancellationToken cancellationToken)
    {
        try
        {
            return await replica.Http.PostAsync(route, body, cancellationToken);
        }
        catch (BackendRejectedException missing) when (EngineHttp.IsNoRoute(missing))
        {
            throw await TooOldAsync(replica, route, missing, cancellationToken);
        }
    }

    private JsonObject Features(IReadOnlyList<int> ids, List<RenderedImage> images)
    {
        var places = new JsonArray();
        var at = 0;
        foreach (var image in images)
        {
            while (ids[at] != imageTokenId) at++;
            places.Add(new JsonObject { ["offset"] = at, ["length"] = image.Features });
            at += image.Features;
        }

        var features = new JsonObject
        {
            ["mm_hashes"] = new JsonObject { [Image] = new JsonArray([.. images.Select(image => (JsonNode)image.Hash)]) },
            ["mm_placeholders"] = new JsonObject { [Image] = places },
        };
        if (images.Exists(image => image.Data is not null))
        {
            features["kwargs_data"] = new JsonObject { [Image] = new JsonArray([.. images.Select(image => image.Data is { } data ? (JsonNode)data : null)]) };
        }

        return features;
    }

    // The images as this server knows them; those that it must be sent have their data.
    private async Task<List<RenderedImage>> FeaturesAsync(Replica replica, EngineRequest request, bool always, CancellationToken cancellationToken)
    {
        var images = request.Conversation.Images;
        int[] unknown = [.. Enumerable.Range(0, images.Count)
            .Where(i => !replica.Rendered.TryGetValue(images[i], out var known) || (always && known.Data is null))];
        await Task.WhenAll(unknown.Select(async i => replica.Rendered.AddOrUpdate(images[i], await RenderAsync(replica, request, i, cancellationToken))));
        return [.. images.Select(image =>
        {
            var rendered = replica.Rendered.GetValue(image, static _ => throw new InvalidOperationException("An image was not prepared."));
            return !always && replica.KnownImages.ContainsKey(rendered.Hash) ? rendered with { Data = null } : rendered;
        })];
    }

    // One image a request: a prepared image is many megabytes.
    private async Task<RenderedImage> RenderAsync(Replica replica, EngineRequest request, int which, CancellationToken cancellationToken)
    {
        var content = new JsonObject
        {
            ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = request.Conversation.Sources[which].Uri },
        };
        var body = new JsonObject
        {
            ["model"] = Model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = new JsonArray(content) }),
            ["max_tokens"] = 1,
        };
        var answer = await CallAsync(replica, RenderRoute, body, cancellationToken);
        var rendered = AnswerJson.Read(replica.Http.Name, RenderRoute, () => ReadRendered(answer));
        var expected = request.Conversation.Images[which].Grid.Features(mergeSize);
        return rendered switch
        {
            [var image] when image.Features == expected => image,
            [var image] => throw new BackendAnswerException(
                $"{replica.Http.Name} puts {image.Features} pads for image {which + 1}, which has {expected} features by the image settings of "
                    + $"{options.Folder}: both must prepare images alike (preprocessor_config.json, and --mm-processor-kwargs at the server)."),
            _ => throw new BackendAnswerException($"{replica.Http.Name} was sent one image and prepared {rendered.Length}."),
        };
    }

    private static RenderedImage[] ReadRendered(JsonElement answer)
    {
        if (answer.Member("features") is not { } features) return [];
        var hashes = features.GetProperty("mm_hashes").GetProperty(Image);
        var places = features.GetProperty("mm_placeholders").GetProperty(Image);
        var data = features.GetProperty("kwargs_data").GetProperty(Image);
        return [.. Enumerable.Range(0, hashes.GetArrayLength()).Select(i =>
            new RenderedImage(hashes[i].GetString()!, places[i].GetProperty("length").GetInt32(), data[i].GetString()))];
    }

    private void Remember(Replica replica, EngineRequest request, List<RenderedImage> rendered)
    {
        if (replica.KnownImages.Count > MaxKnownImages) replica.KnownImages.Clear();
        var keeps = options.SendsImagesAlways || replica.WantsEveryImage;
        foreach (var (image, known) in request.Conversation.Images.Zip(rendered))
        {
            replica.KnownImages[known.Hash] = true;
            if (!keeps) replica.Rendered.AddOrUpdate(image, known with { Data = null });
        }
    }

    private static EngineAnswer ReadAnswer(JsonElement answer)
    {
        var choice = answer.GetProperty("choices")[0];
        var ids = choice.GetProperty("token_ids").Ids();
        if (choice.Member("logprobs")?.Member("content") is not { ValueKind: JsonValueKind.Array } content || content.GetArrayLength() != ids.Length)
        {
            throw new FormatException($"{ids.Length} tokens have {(choice.Member("logprobs")?.Member("content")?.GetArrayLength() ?? 0)} log-probabilities.");
        }

        var usage = answer.Member("usage");
        return new EngineAnswer([.. ids.Select((id, i) => Token(id, content[i]))], choice.Member("finish_reason").Text())
        {
            Versions = choice.Versions(),
            PromptTokens = usage?.Member("prompt_tokens")?.GetInt32(),
            CachedTokens = usage?.Member("prompt_tokens_details")?.Member("cached_tokens")?.GetInt32() ?? 0,
            PromptIds = answer.Member("prompt_token_ids")?.Ids(),
        };
    }

    // Newer versions write the id as a number, those before as a text: "token_id:42".
    private static GeneratedToken Token(int id, JsonElement entry)
    {
        var said = entry.Member("token_id")?.GetInt32()
            ?? (entry.Member("token").Text() is { } text && text.StartsWith(TokenPrefix, StringComparison.Ordinal)
                ? int.Parse(text.AsSpan(TokenPrefix.Length), System.Globalization.CultureInfo.InvariantCulture)
                : throw new FormatException("a log-probability names no token id."));
        var logProb = entry.GetProperty("logprob").GetDouble();
        return said != id ? throw new FormatException($"the log-probability of token {id} is that of {said}.")
            : logProb == Missing ? throw new FormatException($"the log-probability of token {id} is missing ({Missing}).")
            : new GeneratedToken(id, (float)logProb);
    }

    private static async Task<BackendRejectedException> TooOldAsync(
        Replica replica, string route, BackendRejectedException missing, CancellationToken cancellationToken)
    {
        string version;
        try
        {
            version = (await replica.Http.GetAsync("version", cancellationToken)).Member("version").Text() ?? "unknown";
        }
        catch (BackendException)
        {
            version = "unknown";
        }

        return new BackendRejectedException(
            $"{replica.Http.Name} has no /{route} (its version: {version}). Rollouts by token ids with images need vLLM 0.18 or newer, started by \"vllm "
                + "serve\"; without them, name the agent openai:MODEL@ADDRESS/v1.", missing) { Status = missing.Status };
    }
}
