namespace GenAgent.Generators.ComfyUI;

/// <summary>
/// Assigns the socket's messages to jobs. Messages may arrive before the server's answer to the request, so the first mention of a job creates its entry.
/// </summary>
internal sealed class ComfyWatch(ComfyWorkflow workflow, IProgress<ImageProgress>? progress, int jobCount, ComfyAllowance allowance)
{
    private const int MostEarlyReports = 1000;
    private const long MostEarlyBytes = 16 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ComfyJob> _jobs = new(StringComparer.Ordinal);
    private readonly List<string> _own = [];
    private readonly List<(string Job, ImageProgress Report)> _early = [];
    private (string Job, string Node)? _running;
    private long _earlyBytes;
    private double _reported;

    /// <summary>The job of that id.</summary>
    public ComfyJob Job(string id)
    {
        lock (_lock)
        {
            return _jobs.TryGetValue(id, out var job) ? job : _jobs[id] = new ComfyJob(workflow, allowance);
        }
    }

    /// <summary>Marks the job as ours: its progress is reported, including earlier messages.</summary>
    public void Own(string id)
    {
        lock (_lock)
        {
            _own.Add(id);
            foreach (var (_, report) in _early.Where(early => string.Equals(early.Job, id, StringComparison.Ordinal)))
            {
                Tell(id, report);
            }

            _early.RemoveAll(early => string.Equals(early.Job, id, StringComparison.Ordinal));
        }
    }

    public void Take(ComfyFrame frame)
    {
        lock (_lock)
        {
            // A picture without ids belongs to the last mentioned node.
            if (frame is ComfyPicture { PromptId: null } picture && _running is var (job, node))
            {
                frame = picture with { PromptId = job, Node = node };
            }
            else if (frame is ComfyRunning or ComfyStep && frame.Node is not null)
            {
                _running = (frame.PromptId!, frame.Node);
            }

            // Keep only a few unknown jobs, any of which may turn out to be ours.
            var isKnown = frame.PromptId is { } id && (_jobs.ContainsKey(id) || _jobs.Count < ComfyAllowance.MaxJobs);
            if (!isKnown || Job(frame.PromptId!).Take(frame) is not { } report)
            {
                return;
            }

            if (_own.Contains(frame.PromptId!, StringComparer.Ordinal))
            {
                Tell(frame.PromptId!, report);
            }
            else if (_early.Count < MostEarlyReports)
            {
                _earlyBytes += report.Preview?.Data.Length ?? 0;
                _early.Add((frame.PromptId!, _earlyBytes <= MostEarlyBytes ? report : report with { Preview = null }));
            }
        }
    }

    private void Tell(string id, ImageProgress report)
    {
        _reported = Math.Max(_reported, (_own.IndexOf(id) + report.Fraction) / jobCount);
        progress?.Report(report with { Fraction = _reported });
    }
}
