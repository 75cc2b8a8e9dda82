using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Models;
using GenAgent.Storage;

namespace GenAgent.Generators.A1111;

/// <summary>
/// Finds out whether the job that a server runs is ours. stable-diffusion-webui and Forge accept a task id with the request (<c>force_task_id</c>) and
/// report its state at <c>/internal/progress</c>. Servers without that (started without their web page, or old) only report whether something runs: it is
/// ours if the server was idle before our request and the job is no task of its own web page. In doubt the job counts as not ours.
/// </summary>
internal sealed class A1111Task(HttpClient http, TimeProvider timeProvider)
{
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(2);

    // A server that does not know the task after this many queries does not support task ids.
    private const int MostUnknown = 3;

    private bool _wasIdle;
    private int _unknown;
    private bool _isUnnamed;

    /// <summary>In the format of the server's own ids.</summary>
    public string Id { get; } = $"task(genagent-{Guid.NewGuid():N})";

    /// <summary>Records whether the server is idle. Call it right before sending the job.</summary>
    public async Task LookBeforeAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LookLimit, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            _wasIdle = await ReadStateAsync(both.Token) is (IsBusy: false, _);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A server that is too busy to answer is not idle.
        }
    }

    /// <summary>Whether the server is painting this job now.</summary>
    public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
    {
        if (await AskAsync(cancellationToken) is { } known)
        {
            return known.IsActive;
        }

        return _wasIdle && await ReadStateAsync(cancellationToken) is (IsBusy: true, IsOfPage: false);
    }

    /// <summary>Whether the running job that the server reports is another one than this, which is queued or just arrived.</summary>
    public async Task<bool> IsQueuedAsync(CancellationToken cancellationToken) =>
        await AskAsync(cancellationToken) is { IsActive: false } known && (known.IsQueued || ++_unknown <= MostUnknown);

    /// <summary>The server's state of this task; null if it does not support task ids.</summary>
    private async Task<(bool IsActive, bool IsQueued)?> AskAsync(CancellationToken cancellationToken)
    {
        if (_isUnnamed)
        {
            return null;
        }

        var told = await ReadAsync(
            () => http.PostAsJsonAsync("../../internal/progress", new A1111TaskQuestion(Id), A1111Json.Default.A1111TaskQuestion, cancellationToken),
            root => (root.GetProperty("active").GetBoolean(), root.GetProperty("queued").GetBoolean()),
            cancellationToken);
        _isUnnamed = told is null;
        return told;
    }

    /// <summary>The server's state of the running job; null if unknown.</summary>
    private Task<(bool IsBusy, bool IsOfPage)?> ReadStateAsync(CancellationToken cancellationToken) => ReadAsync(
        () => http.GetAsync("progress?skip_current_image=true", cancellationToken),
        root =>
        {
            // Before the first step of a job its count is -1; a job of the server's web page has its task id.
            var state = root.GetProperty("state");
            var job = state.GetProperty("job").GetString() ?? string.Empty;
            return (job.Length > 0 || state.GetProperty("job_count").GetInt32() != 0, job.StartsWith("task(", StringComparison.Ordinal));
        },
        cancellationToken);

    private static async Task<(bool First, bool Second)?> ReadAsync(
        Func<Task<HttpResponseMessage>> call, Func<JsonElement, (bool First, bool Second)> read, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await call();
            using var document = LooseJson.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is BackendException
            or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>The body of <c>/internal/progress</c>.</summary>
internal sealed record A1111TaskQuestion([property: JsonPropertyName("id_task")] string TaskId)
{
    [JsonPropertyName("live_preview")]
    public bool LivePreview { get; init; }
}
