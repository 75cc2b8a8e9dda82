using GenAgent.Generators;

namespace GenAgent.Agents.Loop;

/// <summary>
/// Reports the progress of a request of one or more agent runs: each possible image round and the answer count equally. Never decreases. Safe for many runs
/// and candidates at once.
/// </summary>
internal sealed class RequestProgress
{
    private readonly IProgress<ImageProgress> _watcher;
    private readonly Lock _lock = new();
    private double _last;

    public RequestProgress(IProgress<ImageProgress> watcher, int runs, int rounds)
    {
        _watcher = watcher;
        Runs = [.. Enumerable.Range(0, runs).Select(_ => new RunProgress(this, rounds + 1))];
    }

    /// <summary>Whom each run tells.</summary>
    public IReadOnlyList<RunProgress> Runs { get; }

    // Reports are made inside the lock, so that they arrive in order.
    internal void Tell(ImageProgress report, Action change)
    {
        lock (_lock)
        {
            change();
            _last = Math.Max(_last, Math.Min(1, Runs.Average(run => run.Done)));
            _watcher.Report(report with { Fraction = _last });
        }
    }
}

/// <summary>The progress of one run.</summary>
internal sealed class RunProgress(RequestProgress request, int parts)
{
    private double[] _candidates = [];
    private int _shown;

    /// <summary>The finished share of the run, in [0, 1]. Read under the request's lock.</summary>
    public double Done { get; private set; }

    /// <summary>Creates the progress receiver for one candidate of a round.</summary>
    /// <param name="shown">Number of images that the model has seen.</param>
    /// <param name="candidate">Which of the round's candidates, from 0.</param>
    /// <param name="count">How many the round has.</param>
    public IProgress<ImageProgress> Candidate(int shown, int candidate, int count) => new OfCandidate(this, shown, candidate, count);

    /// <summary>Reports that the model sees an image.</summary>
    public void Shown(int images) => request.Tell(new ImageProgress(0, "judging"), () =>
    {
        (_shown, _candidates) = (images, []);
        Done = (double)images / parts;
    });

    /// <summary>The run is over.</summary>
    public void Ended() => request.Tell(new ImageProgress(0, "done"), () => Done = 1);

    private void Painted(ImageProgress report, int shown, int candidate, int count) => request.Tell(report, () =>
    {
        // A report that arrives after its round is ignored.
        if (shown < _shown || Done >= 1)
        {
            return;
        }

        if (_candidates.Length != count)
        {
            _candidates = new double[count];
        }

        _candidates[candidate] = Math.Clamp(report.Fraction, 0, 1);
        Done = (shown + _candidates.Average()) / parts;
    });

    private sealed class OfCandidate(RunProgress run, int shown, int candidate, int count) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => run.Painted(value, shown, candidate, count);
    }
}
