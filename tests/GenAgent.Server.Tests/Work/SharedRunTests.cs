using System.Collections.Concurrent;
using System.Text;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Server.Work;

namespace GenAgent.Server.Tests.Work;

/// <summary>A whole shared run: its runner in one place, workers in others, one board between them.</summary>
public sealed class SharedRunTests : IDisposable
{
    private static readonly RunManifest Manifest = new("numbers", 1, new Dictionary<string, string?>());
    private static readonly SharingOptions Quick = new() { Period = TimeSpan.FromMilliseconds(5), Window = 20 };

    private readonly TemporaryFolder _folder = new();
    private readonly MemoryStore _store = new();
    private readonly ConcurrentBag<string> _notices = [];

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Task<ReadOnlyMemory<byte>> Make(string key, CancellationToken cancellationToken) =>
        Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes($"made {key}"));

    private Task<ITaskBoard> OpenAsync() => TaskBoards.OpenAsync(_folder["board"], password: null);

    /// <summary>Runs tasks as their owner.</summary>
    private async Task<RolloutTotals> OwnAsync(
        ITaskBoard board, int count, int places = 0, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>>? make = null)
    {
        Directory.CreateDirectory(_folder["run"]);
        await using var shared = await new RunSharing(board, "{}", places) { Options = Quick }.OpenAsync(
            _folder["run"], Manifest, _store, (_, result) => Task.FromResult(Encoding.UTF8.GetString(result.Span)), make ?? Make, notice: _notices.Add,
            cancellationToken: Cancelled);
        using var runner = new RolloutRunner<KeyTask, string>(
            (task, cancelled) => shared.MakeAsync(task.Key, cancelled), shared, shared.RunnerOptions("numbers"));
        var totals = await runner.RunAsync(Enumerable.Range(0, count).Select(number => new KeyTask($"{number}")), cancellationToken: Cancelled);
        if (totals.Failed == 0) shared.Complete();
        return totals;
    }

    /// <summary>Works on the first run that comes, until it is over.</summary>
    private static async Task<SharedWorkerTotals> WorkAsync(ITaskBoard board, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make, int places = 3)
    {
        var run = await FirstRunAsync(board);
        return await new SharedWorker(board, places, Quick).RunAsync(run.Id, make, TimeSpan.FromSeconds(60), Cancelled);
    }

    private static async Task<SharedRun> FirstRunAsync(ITaskBoard board)
    {
        while (true)
        {
            if (await board.RunsAsync(Cancelled) is [var run, ..]) return run;
            await Task.Delay(5, Cancelled);
        }
    }

    private void RequireAll(int count)
    {
        _store.Kept.Keys.Order().ShouldBe(Enumerable.Range(0, count).Select(number => $"{number}").Order());
        _store.Kept.ShouldAllBe(kept => kept.Value == $"made {kept.Key}");
        _store.Writes.ShouldBe(count);
    }

    [Fact]
    public async Task Many_workers_and_the_owner_itself_do_each_task_of_a_run_once()
    {
        await using var board = await OpenAsync();
        await using var elsewhere = await OpenAsync();
        var made = new ConcurrentBag<string>();
        async Task<ReadOnlyMemory<byte>> Count(string key, CancellationToken cancellationToken)
        {
            made.Add(key);
            await Task.Yield();
            return await Make(key, cancellationToken);
        }

        var run = OwnAsync(board, 100, places: 2, Count);
        var totals = await Task.WhenAll(WorkAsync(elsewhere, Count), WorkAsync(elsewhere, Count));

        (await run).ShouldBe(new RolloutTotals(100, 0, 100, 0, null));
        RequireAll(100);
        made.Count.ShouldBe(100);
        totals.Sum(one => one.Failed + one.Refused).ShouldBe(0);
        (await board.RunsAsync(Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_worker_whose_authorization_is_refused_leaves_and_its_tasks_are_done_by_others()
    {
        await using var board = await OpenAsync();
        var run = OwnAsync(board, 30);

        await Should.ThrowAsync<BackendAuthenticationException>(() => WorkAsync(
            board, (_, _) => throw new BackendUnavailableException("the teacher failed", new BackendAuthenticationException("no such key"))));
        await WorkAsync(board, Make);

        (await run).Made.ShouldBe(30);
        RequireAll(30);
    }

    [Fact]
    public async Task A_worker_that_fails_time_and_again_stops_itself_and_not_the_run()
    {
        await using var board = await OpenAsync();
        var run = OwnAsync(board, 30);

        (await Should.ThrowAsync<RunStoppedException>(() => WorkAsync(board, (_, _) => throw new BackendUnavailableException("no network"))))
            .Message.ShouldContain("no network");
        await WorkAsync(board, Make);

        (await run).Made.ShouldBe(30);
        RequireAll(30);
    }

    [Fact]
    public async Task A_task_that_fails_everywhere_is_counted_and_the_next_run_does_it()
    {
        await using var board = await OpenAsync();
        var run = OwnAsync(board, 10);
        await WorkAsync(board, (key, cancelled) => key == "4" ? throw new BackendRejectedException("no such colour") { Status = 400 } : Make(key, cancelled));

        var totals = await run;
        totals.Failed.ShouldBe(1);
        totals.LastFailure.ShouldBeOfType<BackendRejectedException>().Message.ShouldBe("no such colour");
        _store.Kept.Count.ShouldBe(9);

        var again = OwnAsync(board, 10);
        await WorkAsync(board, Make);
        (await again).ShouldBe(new RolloutTotals(10, 9, 1, 0, null));
        RequireAll(10);
    }

    [Fact]
    public async Task A_fault_of_the_program_in_a_worker_ends_the_run_and_says_so()
    {
        await using var board = await OpenAsync();
        var run = OwnAsync(board, 3);
        await WorkAsync(board, (key, cancelled) => key == "1" ? throw new InvalidOperationException("sk-0123456789abcdef01 is odd") : Make(key, cancelled));

        (await Should.ThrowAsync<InvalidDataException>(() => run)).Message.ShouldBe("A worker failed: *** is odd (InvalidOperationException)");
    }

    [Fact]
    public async Task A_result_that_was_kept_but_not_removed_when_the_owner_died_is_not_kept_twice()
    {
        await using var board = await OpenAsync();
        _store.DieAfter = 5;
        var dying = OwnAsync(board, 10);
        var working = WorkAsync(board, Make);
        await Should.ThrowAsync<IOException>(() => dying);
        await working;
        _store.DieAfter = int.MaxValue;

        var again = OwnAsync(board, 10, places: 1);

        (await again).Resumed.ShouldBeGreaterThanOrEqualTo(5);
        RequireAll(10);
    }

    [Fact]
    public async Task A_worker_that_is_stopped_gives_back_what_it_cannot_finish()
    {
        await using var board = await OpenAsync();
        var run = OwnAsync(board, 5);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var found = await FirstRunAsync(board);
        var begun = new TaskCompletionSource();
        var stopped = new SharedWorker(board, 2, Quick) { StopWithin = TimeSpan.Zero }.RunAsync(
            found.Id,
            async (_, cancelled) =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancelled);
                return default;
            },
            TimeSpan.FromSeconds(60), stop.Token);
        await begun.Task;
        await stop.CancelAsync();

        (await stopped).ShouldBe(new SharedWorkerTotals(0, 0, 0));
        await WorkAsync(board, Make);
        (await run).Made.ShouldBe(5);
    }

    [Fact]
    public async Task Another_process_that_takes_the_run_over_stops_the_one_that_had_it()
    {
        await using var board = await OpenAsync();
        var first = OwnAsync(board, 5);
        await FirstRunAsync(board);

        var second = OwnAsync(board, 5, places: 1);

        (await Should.ThrowAsync<IOException>(() => first)).Message.ShouldContain("Another process has taken the shared run");
        (await second).Made.ShouldBe(5);
    }

    private sealed record KeyTask(string Key) : IRunTask;

    private sealed class MemoryStore : IOutcomeStore<string>
    {
        private int _writes;

        public ConcurrentDictionary<string, string> Kept { get; } = new(StringComparer.Ordinal);

        public int Writes => _writes;

        /// <summary>After how many outcomes the owner's process dies.</summary>
        public int DieAfter { get; set; } = int.MaxValue;

        public ValueTask<string?> FindAsync(string key, CancellationToken cancellationToken = default) => ValueTask.FromResult(Kept.GetValueOrDefault(key));

        public Task<string> KeepAsync(string key, string outcome, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _writes);
            Kept[key] = outcome;
            return Kept.Count > DieAfter ? throw new IOException("killed") : Task.FromResult(outcome);
        }
    }
}
