using System.Text.Json.Nodes;

namespace GenAgent.Server.Jobs;

/// <summary>
/// Writes a running job's events and keeps its lease: what comes within a moment goes to the table together, and pieces of one text become one event.
/// Safe to use from many tasks at once.
/// </summary>
internal sealed class JobJournal(JobTable table, JobHub hub, ClaimedJob claimed, TimeSpan term, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(40);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _cancelled = new();
    private List<(int Sample, string Kind, JsonObject Members)> _pending = [];
    private long _last = claimed.Last;
    private Task _writing = Task.CompletedTask;

    /// <summary>Is cancelled when another worker has the job.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Is cancelled when a client cancels the job.</summary>
    public CancellationToken Cancelled => _cancelled.Token;

    /// <summary>Whether a worker has begun the job before.</summary>
    public bool IsAgain => claimed.Last > 1;

    /// <summary>The sequence number of the last event, once the journal is closed.</summary>
    public long Last => _last;

    public void Start()
    {
        if (claimed.IsCancelled) _cancelled.Cancel();
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Adds an event.</summary>
    public void Add(int sample, string kind, JsonObject members)
    {
        lock (_lock)
        {
            if (kind is "text" && _pending.Count > 0 && _pending[^1] is { Kind: "text" } before && before.Sample == sample
                && IsSameText(before.Members, members))
            {
                before.Members["text"] = (string?)before.Members["text"] + (string?)members["text"];
                return;
            }

            // Of progress only the last of a moment tells anything.
            if (kind is "progress" && _pending.Count > 0 && _pending[^1] is { Kind: "progress" } earlier && earlier.Sample == sample)
            {
                _pending.RemoveAt(_pending.Count - 1);
            }
            _pending.Add((sample, kind, members));
            if (_news.CurrentCount == 0) _news.Release();
        }
    }

    /// <summary>Prolongs the lease now; false if it is lost.</summary>
    public async Task<bool> HoldAsync()
    {
        await FlushAsync();
        return !_lost.IsCancellationRequested;
    }

    /// <summary>Writes what is left, and ends the heartbeat.</summary>
    public async Task CloseAsync()
    {
        await _closed.CancelAsync();
        await _writing;

        // What came while the loop wrote its last.
        if (!_lost.IsCancellationRequested) await FlushAsync();
        lock (_lock)
        {
            if (_pending.Count > 0 && !_lost.IsCancellationRequested) throw new IOException("The database did not take the job's last events.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _writing;
        _closed.Dispose();
        _news.Dispose();
        _flushing.Dispose();
        _lost.Dispose();
        _cancelled.Dispose();
    }

    private async Task WriteAsync()
    {
        while (!_closed.IsCancellationRequested && !_lost.IsCancellationRequested)
        {
            try
            {
                if (await _news.WaitAsync(term / 3, _closed.Token)) await Task.Delay(Moment, time, _closed.Token);
            }
            catch (OperationCanceledException)
            {
                // Closed: what is left is written.
            }

            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        await _flushing.WaitAsync();
        try
        {
            await FlushAloneAsync();
        }
        finally
        {
            _flushing.Release();
        }
    }

    private async Task FlushAloneAsync()
    {
        List<(int Sample, string Kind, JsonObject Members)> pending;
        lock (_lock) (pending, _pending) = (_pending, []);
        var events = pending.Select((one, index) => new JobEvent(_last + 1 + index, one.Sample, one.Kind, JobEvents.Write(one.Members))).ToList();
        try
        {
            var cancel = await table.AppendAsync(claimed.Job.Id, claimed.Lease, events, _last + events.Count, term, CancellationToken.None);
            if (cancel is null)
            {
                await _lost.CancelAsync();
                return;
            }

            _last += events.Count;
            if (events.Count > 0) hub.Tell(claimed.Job.Id, _last);
            if (cancel.Value) await _cancelled.CancelAsync();
        }
        catch (System.Data.Common.DbException)
        {
            // Tried again with the next; without a heartbeat the lease runs out, and another worker takes the job.
            lock (_lock) _pending = [.. pending, .. _pending];
        }
    }

    private static bool IsSameText(JsonObject one, JsonObject other) =>
        (int?)one["round"] == (int?)other["round"] && string.Equals((string?)one["section"], (string?)other["section"], StringComparison.Ordinal);
}
