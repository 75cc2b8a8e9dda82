using GenAgent.Running.Sharing;
using GenAgent.Server.Work;
using GenAgent.Training.Grpo.Rollouts;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>Workers that make the rollouts of a training run, over a board in a folder.</summary>
internal sealed class SharedRollouts : IAsyncDisposable
{
    private static readonly SharingOptions Quick = new() { Period = TimeSpan.FromMilliseconds(5) };

    private readonly ITaskBoard _board;
    private readonly int _workers;
    private readonly CancellationTokenSource _stop = new();
    private Task[] _working = [];
    private int _done;

    /// <summary>Changes a worker's results on their way, by their keys; null leaves them.</summary>
    public Func<string, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? Sent { get; init; }

    private SharedRollouts(ITaskBoard board, int workers) => (_board, _workers) = (board, workers);

    /// <summary>Rollouts that workers have made.</summary>
    public int Done => _done;

    public static async Task<SharedRollouts> OpenAsync(
        string folder, int workers, Func<string, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? sent = null) =>
        new(await TaskBoards.OpenAsync(folder, password: null), workers) { Sent = sent };

    /// <summary>Begins the work with the workers' own collector; all of it is left to them.</summary>
    public RunSharing Begin(RolloutCollector collector)
    {
        _working = [.. Enumerable.Range(0, _workers).Select(_ => Task.Run(() => WorkAsync(collector)))];
        return new RunSharing(_board, "{}", Places: 0) { Options = Quick };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_working);
        await _board.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WorkAsync(RolloutCollector collector)
    {
        var worker = new SharedWorker(_board, places: 3, Quick);
        while (!_stop.IsCancellationRequested)
        {
            if (await _board.RunsAsync() is not [var run, ..]) await Task.Delay(5);
            else Interlocked.Add(ref _done, (await worker.RunAsync(run.Id, MakeAsync, TimeSpan.FromMinutes(1), _stop.Token)).Done);
        }

        async Task<ReadOnlyMemory<byte>> MakeAsync(string key, CancellationToken cancellationToken)
        {
            var made = await collector.MakeSharedAsync(key, cancellationToken);
            return Sent?.Invoke(key, made) ?? made;
        }
    }
}
