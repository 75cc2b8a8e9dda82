using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Engines.Replicas;
using GenAgent.Models;
using GenAgent.Torch.Generation;

namespace GenAgent.Engines.Wire;

/// <summary>
/// SGLang: <c>/generate</c> takes ids with one image token an image, and the images themselves; the server puts the pads in. It has no name for an image that
/// it had before, so images go with every request. Shapes: see docs/scale.md.
/// </summary>
internal sealed class SglangWire(EngineOptions options, int imageTokenId, RefusedFields refused) : IEngineWire
{
    /// <summary>Fields that older versions do not know, and that a request can do without.</summary>
    public static readonly IReadOnlyList<string> Optional = ["sampling_seed", Bias, "return_prompt_token_ids"];

    private const string Bias = "logit_bias";

    private const string Route = "generate";

    public async Task<EngineAnswer> GenerateAsync(Replica replica, EngineRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var body = Body(request);
            try
            {
                var answer = await replica.Http.PostAsync(Route, body, cancellationToken);
                return AnswerJson.Read(replica.Http.Name, Route, () => ReadAnswer(answer));
            }
            catch (BackendRejectedException missing) when (missing.Status is 404 or 405)
            {
                throw new BackendRejectedException(
                    $"{replica.Http.Name} has no /{Route}: SGLang's own API is needed (python -m sglang.launch_server), not a gateway that speaks OpenAI's "
                        + "protocol only; for that, name the agent openai:MODEL@ADDRESS/v1.", missing) { Status = missing.Status };
            }
            catch (BackendException refusal) when (refused.Learn(refusal, body, replica.Http.Name))
            {
                // The same request without the rejected field.
            }
        }
    }

    private JsonObject Body(EngineRequest request)
    {
        var sampling = AnswerJson.Sampling(request.Sampling);
        sampling["max_new_tokens"] = request.MaxTokens;
        if (refused.LeavesOut(Bias))
        {
            // Bans can be left to the check of the answer: a model hardly ever samples such an id.
            sampling.Remove(Bias);
            if (request.Sampling.LogitBias.Count > 0)
            {
                throw new BackendRejectedException(
                    $"This SGLang takes no {Bias}, which the model's generation settings ask for: leave it out with ?plain=true.");
            }
        }

        if (request.Sampling.Seed is { } seed && !refused.LeavesOut("sampling_seed")) sampling["sampling_seed"] = unchecked((long)seed) & long.MaxValue;
        var body = new JsonObject
        {
            ["input_ids"] = AnswerJson.Array(Unexpanded(request.Conversation.Ids)),
            ["sampling_params"] = sampling,
            ["return_logprob"] = true,
            ["logprob_start_len"] = -1,
            ["top_logprobs_num"] = 0,
            ["stream"] = false,
        };
        if (!refused.LeavesOut("return_prompt_token_ids")) body["return_prompt_token_ids"] = true;
        if (request.Conversation.Sources.Count > 0)
        {
            body["image_data"] = new JsonArray([.. request.Conversation.Sources.Select(image => (JsonNode)image.Uri)]);
        }

        if (options.Adapter is { } adapter) body["lora_path"] = adapter;
        return body;
    }

    // One image token for the pads of each image.
    private IEnumerable<int> Unexpanded(IReadOnlyList<int> ids)
    {
        var before = -1;
        foreach (var id in ids)
        {
            if (id != imageTokenId || before != imageTokenId) yield return id;
            before = id;
        }
    }

    private static EngineAnswer ReadAnswer(JsonElement answer)
    {
        var meta = answer.GetProperty("meta_info");
        var entries = meta.GetProperty("output_token_logprobs");
        GeneratedToken[] tokens = [.. entries.EnumerateArray().Select(entry => new GeneratedToken(entry[1].GetInt32(), (float)entry[0].GetDouble()))];
        if (meta.Member("completion_tokens")?.GetInt32() is { } counted && counted != tokens.Length)
        {
            throw new FormatException($"{counted} tokens have {tokens.Length} log-probabilities.");
        }

        string[] versions = meta.Versions();
        return new EngineAnswer(tokens, meta.Member("finish_reason")?.Member("type").Text())
        {
            Versions = versions.Length > 0 ? versions : meta.Member("weight_version").Text() is { } one ? [one] : [],
            PromptTokens = meta.Member("prompt_tokens")?.GetInt32(),
            CachedTokens = meta.Member("cached_tokens")?.GetInt32() ?? 0,
            PromptIds = (answer.Member("prompt_token_ids") ?? meta.Member("prompt_token_ids"))?.Ids(),
        };
    }
}
