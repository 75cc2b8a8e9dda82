using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Models;

namespace GenAgent.Generators.A1111;

/// <summary>
/// Whether the job that a server runs is ours. stable-diffusion-webui and Forge take a task's id with the request (<c>force_task_id</c>) and tell at
/// <c>/internal/progress</c> what has become of it. Servers without that (started without their page, or old) tell only whether something runs:
/// it is ours where nothing ran when we asked, and it is no task of the server's own page. What cannot be known counts as not ours.
/// </summary>
internal sealed class A1111Task(HttpClient http, TimeProvider timeProvider)
{
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(2);

    // A server that has still not heard of the task after so many questions does not name the jobs of its API.
    private const int MostUnknown = 3;

    private bool _wasIdle;
    private int _unknown;
    private bool _isUnnamed;

    /// <summary>In the form of the server's own ids.</summary>
    public string Id { get; } = $"task(genagent-{Guid.NewGuid():N})";

    /// <summary>Notes whether the server is idle. To be called right before the job is sent.</summary>
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

    /// <summary>Whether what the server tells of the job that runs is of another one than this: it waits, or has only just arrived.</summary>
    public async Task<bool> IsQueuedAsync(CancellationToken cancellationToken) =>
        await AskAsync(cancellationToken) is { IsActive: false } known && (known.IsQueued || ++_unknown <= MostUnknown);

    /// <summary>What the server says of this task; null where it knows no tasks.</summary>
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

    /// <summary>What the server says of the job that runs; null where it does not say.</summary>
    private Task<(bool IsBusy, bool IsOfPage)?> ReadStateAsync(CancellationToken cancellationToken) => ReadAsync(
        () => http.GetAsync("progress?skip_current_image=true", cancellationToken),
        root =>
        {
            // Before the first step of a job its count is -1; a job of the server's page bears its task's id.
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
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
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
