using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Generators.ComfyUI;

/// <summary>ComfyUI's HTTP calls.</summary>
internal sealed class ComfyServer : IDisposable
{
    private readonly string _name;
    private readonly HttpClient _http;

    public ComfyServer(ComfyUIOptions options, ILoggerFactory? loggerFactory, TimeProvider timeProvider)
    {
        _name = options.ToString();
        _http = new BackendHttp(_name, options.Http)
        {
            LoggerFactory = loggerFactory,
            TimeProvider = timeProvider,
            ReadFault = ComfyFault.FromRefusal
        }.CreateClient();
        _http.BaseAddress = new Uri($"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/");
        if (options.ApiKey is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Queues a workflow; returns the job's id, and the parts that the server skips.</summary>
    public async Task<(string Id, IReadOnlyList<string> LeftOut)> SubmitAsync(
        JsonObject workflow, string clientId, string id, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["prompt"] = workflow, ["client_id"] = clientId, ["prompt_id"] = id };
        try
        {
            using var answer = await PostAsync("prompt", body, repeatable: false, cancellationToken);

            // Older servers choose the id themselves.
            var given = ComfyJson.Text(answer.RootElement, "prompt_id");
            return (
                given ?? throw Misread($"no prompt_id in the answer to a workflow. It says: {Said(answer.RootElement)}"),
                [.. ComfyFault.NodeErrors(answer.RootElement)]);
        }
        catch (BackendUnavailableException exception) when (exception.Status is null && !RetryRules.WasNeverSent(exception.InnerException))
        {
            // If the answer is lost, the job may still be queued; a retry would generate the image twice.
            if (await IsKnownAsync(id, cancellationToken))
            {
                return (id, []);
            }

            throw;
        }
    }

    /// <summary>Uploads an input image, and returns its name on the server. Named by content, so the same image is stored once.</summary>
    public async Task<string> UploadAsync(DataContent image, CancellationToken cancellationToken)
    {
        var name = $"genagent-{Convert.ToHexStringLower(SHA256.HashData(image.Data.Span).AsSpan(0, 12))}.{ImagePart.Extension(image)}";
        using var part = ImagePart.Create("image", name, image);
        using var form = new MultipartFormDataContent { part };
        using var request = new HttpRequestMessage(HttpMethod.Post, "upload/image") { Content = form };
        request.Options.Set(BackendHttp.Repeatable, true);
        using var answer = await SendAsync(request, cancellationToken);
        var (uploaded, folder) = (ComfyJson.Text(answer.RootElement, "name"), ComfyJson.Text(answer.RootElement, "subfolder"));
        return string.IsNullOrEmpty(uploaded) ? throw Misread("no name in the answer to an upload")
            : string.IsNullOrEmpty(folder) ? uploaded
            : $"{folder}/{uploaded}";
    }

    /// <summary>The job's result; null while it runs.</summary>
    public async Task<ComfyEnd?> HistoryAsync(string id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"history/{id}");
        using var answer = await SendAsync(request, cancellationToken);
        return answer.RootElement.TryGetProperty(id, out var entry) ? ComfyHistory.Read(entry) : null;
    }

    /// <summary>Whether the job is queued or running.</summary>
    public async Task<(bool Waits, bool Runs)> QueueAsync(string id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "queue");
        using var answer = await SendAsync(request, cancellationToken);
        return (Holds(answer.RootElement, "queue_pending", id), Holds(answer.RootElement, "queue_running", id));
    }

    /// <summary>Whether the server knows the job.</summary>
    public async Task<bool> IsKnownAsync(string id, CancellationToken cancellationToken) =>
        await QueueAsync(id, cancellationToken) is not (false, false) || await HistoryAsync(id, cancellationToken) is not null;

    /// <summary>Removes the jobs from the queue and interrupts the running one; jobs of others continue.</summary>
    public async Task AbandonAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        using (await PostAsync(
            "queue", new JsonObject { ["delete"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) }, repeatable: true, cancellationToken))
        {
        }

        foreach (var id in ids)
        {
            // Older servers interrupt any running job and ignore the id, so first check that this one is running.
            if (await QueueAsync(id, cancellationToken) is (_, true))
            {
                using (await PostAsync("interrupt", new JsonObject { ["prompt_id"] = id }, repeatable: true, cancellationToken))
                {
                }
            }
        }
    }

    /// <summary>An image that a job has written.</summary>
    public async Task<byte[]> ViewAsync(ComfyImage image, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(image.ViewPath, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private async Task<JsonDocument> PostAsync(string path, JsonObject body, bool repeatable, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") }
            },
        };
        request.Options.Set(BackendHttp.Repeatable, repeatable);
        return await SendAsync(request, cancellationToken);
    }

    private async Task<JsonDocument> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await _http.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            var answer = LooseJson.Parse(body.Length == 0 ? "{}"u8.ToArray() : body);
            return answer.RootElement.ValueKind == JsonValueKind.Object ? answer : throw Misread("no JSON object");
        }
        catch (JsonException exception)
        {
            throw Misread(exception.Message);
        }
    }

    private static bool Holds(JsonElement queue, string list, string id) =>
        queue.TryGetProperty(list, out var jobs) && jobs.ValueKind == JsonValueKind.Array
        && jobs.EnumerateArray()
            .Any(job => job.ValueKind == JsonValueKind.Array && job.GetArrayLength() > 1 && job[1].ValueKind is JsonValueKind.String or JsonValueKind.Number
                && string.Equals(job[1].ToString(), id, StringComparison.Ordinal));

    private static string Said(JsonElement answer)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(answer);
        return (ComfyFault.FromRefusal(body) ?? BackendFault.Read(body)).Excerpt.TrimEnd('.');
    }

    private BackendAnswerException Misread(string reason) =>
        new($"{_name} sent an answer that cannot be understood: {reason}. Is it ComfyUI that answers at this address?");
}
