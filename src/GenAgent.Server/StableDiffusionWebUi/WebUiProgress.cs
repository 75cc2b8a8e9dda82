using GenAgent.Server.Protocols;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>How far the requests of AUTOMATIC1111's API in this process are, as <c>progress</c> tells it. Safe for many requests at once.</summary>
internal sealed class WebUiProgress
{
    private readonly Lock _lock = new();
    private readonly List<WebUiTask> _tasks = [];

    /// <summary>Takes a request up; it ends with its disposal.</summary>
    public WebUiTask Begin(string id, string? owner, int samples, Func<Task> stop)
    {
        var task = new WebUiTask(this, id, owner, samples, stop);
        lock (_lock) _tasks.Add(task);
        return task;
    }

    /// <summary>An owner's requests, the oldest first.</summary>
    public IReadOnlyList<WebUiTask> Of(string? owner)
    {
        lock (_lock) return [.. _tasks.Where(task => string.Equals(task.Owner, owner, StringComparison.Ordinal))];
    }

    internal void End(WebUiTask task)
    {
        lock (_lock) _tasks.Remove(task);
    }
}

/// <summary>A request under way.</summary>
internal sealed class WebUiTask(WebUiProgress progress, string id, string? owner, int samples, Func<Task> stop) : IDisposable
{
    private readonly double[] _done = new double[samples];
    private volatile ProgressUpdate? _last;
    private volatile RunImage? _image;

    public string Id => id;

    public string? Owner => owner;

    public bool IsInterrupted { get; private set; }

    public double Fraction => _done.Average();

    public int SamplesDone => _done.Count(done => done >= 1);

    public ProgressUpdate? Last => _last;

    /// <summary>The image that an agent was shown last; null before the first.</summary>
    public RunImage? Image => _image;

    public void Tell(RunUpdate update)
    {
        switch (update)
        {
            case ProgressUpdate report:
                _last = report;
                _done[report.Sample] = report.Fraction;
                break;
            case ImageUpdate shown:
                _image = shown.Image;
                break;
            case SampleUpdate over:
                _done[over.Sample] = 1;
                break;
            default:
                break;
        }
    }

    public Task InterruptAsync()
    {
        IsInterrupted = true;
        return stop();
    }

    public void Dispose() => progress.End(this);
}
