using System.Text.Json;
using System.Text.Json.Schema;
using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>
/// Asks a chat model for one JSON object of a given shape: by structured output if the backend supports it, otherwise by prompt, with one retry for an
/// invalid answer. Safe to call from many tasks at once; only cancellation throws.
/// </summary>
internal sealed class JsonAsker(IChatClient chat, ChatJudgeOptions options)
{
    private static readonly JsonSerializerOptions Json = ReadOnlyJson();

    private readonly ChatJudgeOptions _options = ChatJudgeOptions.Validate(options);

    // Set by the backend's first refusal; a race costs only one more request.
    private volatile bool _schemaRefused = options.JsonMode == JsonMode.Prompted;
    private volatile bool _temperatureRefused = options.Temperature is null;

    /// <summary>The model that answers, as it calls itself.</summary>
    public string Model { get; } =
        options.ModelId ?? chat.GetService<ChatClientMetadata>()?.DefaultModelId ?? chat.GetService<ChatClientMetadata>()?.ProviderName ?? "chat";

    /// <summary>Asks, and checks the answer.</summary>
    /// <param name="system">The judge's task.</param>
    /// <param name="question">The user turn, images included.</param>
    /// <param name="fault">Returns what is wrong with an answer of the right shape, or null.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    public async Task<JsonAnswer<T>> AskAsync<T>(
        string system, IList<AIContent> question, Func<T, string?> fault, CancellationToken cancellationToken)
        where T : class
    {
        List<ChatMessage> messages = [new(ChatRole.System, system), new(ChatRole.User, question)];
        try
        {
            var first = await AskOnceAsync<T>(messages, cancellationToken);
            var (value, error) = Read(first, fault);
            if (error is null)
            {
                return new(value, null);
            }

            messages.Add(new(ChatRole.Assistant, first));
            messages.Add(new(ChatRole.User, $"That answer cannot be used: {error} Answer again with the JSON object alone."));
            (value, error) = Read(await AskOnceAsync<T>(messages, cancellationToken), fault);
            return error is null ? new(value, null) : new(null, $"{Model} gave no usable answer, asked twice: {error}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            return new(null, $"{Model} could not be asked: {e.Message}");
        }
    }

    private async Task<string> AskOnceAsync<T>(List<ChatMessage> messages, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (schema, temperature) = (!_schemaRefused, !_temperatureRefused);
            try
            {
                var response = await chat.GetResponseAsync(
                    schema ? messages : WithSchemaInPrompt<T>(messages), CallOptions<T>(schema, temperature), cancellationToken);
                return response.Text;
            }
            catch (Exception e) when (temperature && BackendRefusal.Is(e) && BackendRefusal.Names(e, "temperature"))
            {
                _temperatureRefused = true;
            }
            catch (Exception e) when (schema && _options.JsonMode == JsonMode.Auto && BackendRefusal.Is(e))
            {
                _schemaRefused = true;
            }
        }
    }

    private ChatOptions CallOptions<T>(bool schema, bool temperature) => new()
    {
        ModelId = _options.ModelId,
        MaxOutputTokens = _options.MaxOutputTokens,
        Temperature = temperature ? _options.Temperature : null,
        ResponseFormat = schema ? ChatResponseFormat.ForJsonSchema<T>(Json, "judgment") : null,
    };

    // The schema library completes options that it gets, which fails when two of the first questions are asked at once: these are complete.
    private static JsonSerializerOptions ReadOnlyJson()
    {
        JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowTrailingCommas = true,
            ReadCommentHandling = JsonCommentHandling.Skip,
            NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
        };
        json.MakeReadOnly(populateMissingResolver: true);
        return json;
    }

    private static List<ChatMessage> WithSchemaInPrompt<T>(List<ChatMessage> messages)
    {
        var schema = Json.GetJsonSchemaAsNode(typeof(T)).ToJsonString();
        return [new(ChatRole.System, $"{messages[0].Text}\n\nAnswer with one JSON object and nothing else. Its JSON schema:\n{schema}"), .. messages[1..]];
    }

    private static JsonAnswer<T> Read<T>(string answer, Func<T, string?> fault)
        where T : class
    {
        if (JsonExtractor.LastObject(answer) is not { } found)
        {
            return new(null, answer.Length == 0 ? "it is empty." : "it holds no complete JSON object.");
        }

        try
        {
            var value = found.Deserialize<T>(Json);
            return value is null ? new(null, "the JSON is null.") : fault(value) is { } wrong ? new(null, wrong) : new(value, null);
        }
        catch (JsonException e)
        {
            return new(null, $"the JSON does not fit the schema: {e.Message}");
        }
    }
}
