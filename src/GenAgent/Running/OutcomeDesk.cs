namespace GenAgent.Running;

/// <summary>Counts what a run has done, and tells its consumer, one task at a time: whoever brings an outcome waits until the consumer took it.</summary>
internal sealed class OutcomeDesk<TTask, TOutcome>(
    Func<FinishedTask<TTask, TOutcome>, ValueTask>? consume, IProgress<RolloutProgress>? progress, TimeProvider time) : IDisposable
    where TOutcome : class
{
    private readonly SemaphoreSlim _turn = new(1);
    private int _total;
    private int _resumed;
    private int _made;
    private int _failed;
    private long _started;
    private Exception? _lastFailure;

    public bool IsComplete => Done >= _total;

    public RolloutTotals Totals => new(_total, _resumed, _made, _failed, _lastFailure);

    private int Done => _resumed + _made + _failed;

    public async Task TellAsync(FinishedTask<TTask, TOutcome> finished)
    {
        await _turn.WaitAsync();
        try
        {
            _ = finished.IsResumed ? _resumed++ : finished.Failure is null ? _made++ : _failed++;
            _lastFailure = finished.Failure ?? _lastFailure;
            if (consume is not null)
            {
                await consume(finished);
            }

            if (!finished.IsResumed)
            {
                Report();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Begins the work: from here on time counts.</summary>
    public void Begin(int open)
    {
        _total = _resumed + open;
        _started = time.GetTimestamp();
        Report();
    }

    public void Dispose() => _turn.Dispose();

    private void Report()
    {
        var now = _made + _failed;
        TimeSpan? left = now == 0 ? null : time.GetElapsedTime(_started) * ((double)(_total - Done) / now);
        progress?.Report(new(Done, _total, _resumed, _failed, left));
    }
}
