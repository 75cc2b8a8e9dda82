using System.Collections.Concurrent;
using System.Text;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Server.Work;
using Microsoft.Extensions.Time.Testing;

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
    private static async Task<SharedWorkerTotals> WorkAsync(
        ITaskBoard board, Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make, int places = 3, SharingOptions? options = null)
    {
        var run = await FirstRunAsync(board);
        return await new SharedWorker(board, places, options ?? Quick).RunAsync(run.Id, make, TimeSpan.FromSeconds(60), Cancelled);
    }

    private static Task<SharedRun> FirstRunAsync(ITaskBoard board) =>
        Until.AnyAsync(async () => await board.RunsAsync(Cancelled) is [var run, ..] ? run : null, "a run with tasks is on the board");

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
        await Until.EndsAsync(begun.Task, "the task is begun");
        await stop.CancelAsync();

        (await stopped).ShouldBe(new SharedWorkerTotals(0, 0, 0));
        await WorkAsync(board, Make);
        (await run).Made.ShouldBe(5);
    }

    [Fact]
    public async Task A_run_loses_nothing_though_the_answer_of_every_kind_of_call_is_lost_on_its_way()
    {
        await using var board = await OpenAsync();
        var owner = new LossyBoard(board) { LosesAnswer = (_, number) => number is 1 or 4 };
        var worker = new LossyBoard(board) { LosesAnswer = (call, number) => call is not "RunsAsync" && (number is 1 or 4) };
        var run = OwnAsync(owner, 100);

        // Tasks of a lease whose answer was lost wait for its end.
        await WorkAsync(
            worker, (key, cancelled) => key is "4" ? throw new BackendRejectedException("no such colour") : Make(key, cancelled),
            options: Quick with { Term = TimeSpan.FromSeconds(1) });

        var totals = await run;
        (totals.Made, totals.Failed).ShouldBe((99, 1));
        _store.Writes.ShouldBe(99);
        owner.Lost.Distinct().Except(["HoldAsync"]).Order().ShouldBe(["OpenAsync", "PostAsync", "RemoveAsync", "ResultsAsync"]);
        worker.Lost.Distinct().Except(["RenewAsync"]).Order().ShouldBe(["FailAsync", "FinishAsync", "LeaseAsync"]);
    }

    [Fact]
    public async Task The_owner_s_own_part_goes_on_after_an_outage_in_which_it_lost_its_run()
    {
        var time = new FakeTimeProvider();
        await using var board = await TaskBoards.OpenAsync(_folder["board"], password: null, time);
        var gate = new TaskCompletionSource();
        var network = new LossyBoard(board);
        var run = OwnAsync(network, 10, places: 1, async (key, cancelled) =>
        {
            await gate.Task.WaitAsync(cancelled);
            return await Make(key, cancelled);
        });
        await Until.TrueAsync(() => !network.Leases.IsEmpty, "the owner's own part asks for a task");

        // Its signs of life do not arrive for longer than it holds the run: to the worker there is no run.
        network.IsCutOff = name => name is not ("LeaseAsync" or "FinishAsync");
        time.Advance(Quick.OwnerTerm * 2);
        var before = network.Leases.Count;
        gate.SetResult();
        await Until.TrueAsync(() => network.Leases.Count > before + 5, "the owner's own part asks again and again");
        network.IsCutOff = _ => false;
        (await board.HoldAsync(network.Run!.Id, network.Owner!, Quick.OwnerTerm, Cancelled)).ShouldNotBeNull();

        (await run).Made.ShouldBe(10);
        RequireAll(10);
    }

    [Fact]
    public async Task A_worker_s_leases_have_numbers_of_their_own_over_all_its_calls()
    {
        await using var board = await OpenAsync();
        var seen = new LossyBoard(board);
        var worker = new SharedWorker(seen, 2, Quick);
        for (var call = 1; call <= 2; call++)
        {
            var run = OwnAsync(board, 10);
            await worker.RunAsync((await FirstRunAsync(board)).Id, Make, TimeSpan.FromSeconds(60), Cancelled);
            (await run).Failed.ShouldBe(0);
            _store.Kept.Clear();
        }

        seen.Leases.Distinct().Count().ShouldBe(seen.Leases.Count);
    }

    [Fact]
    public async Task A_task_whose_lease_its_own_worker_took_anew_holds_its_place_until_it_has_ended_and_is_not_counted()
    {
        var time = new FakeTimeProvider();
        await using var board = await TaskBoards.OpenAsync(_folder["board"], password: null, time);
        var network = new LossyBoard(board) { IsCutOff = name => name is "RenewAsync" };
        var run = OwnAsync(board, 1);
        var found = await FirstRunAsync(board);
        var (first, mostAtOnce, atOnce, tries) = (new TaskCompletionSource(), 0, 0, 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var working = new SharedWorker(network, 2, Quick).RunAsync(
            found.Id,
            async (key, cancelled) =>
            {
                mostAtOnce = Math.Max(mostAtOnce, Interlocked.Increment(ref atOnce));
                try
                {
                    // The first try does not heed that it is stopped.
                    if (Interlocked.Increment(ref tries) == 1) await first.Task;
                    return Encoding.UTF8.GetBytes(tries == 1 ? "the first" : $"made {key}");
                }
                finally
                {
                    Interlocked.Decrement(ref atOnce);
                }
            },
            TimeSpan.FromSeconds(60), stop.Token);
        await Until.TrueAsync(() => Volatile.Read(ref tries) == 1, "the task is begun");

        time.Advance(Quick.Term * 2);
        (await run).Made.ShouldBe(1);
        await stop.CancelAsync();
        (await Task.WhenAny(working, Task.Delay(200, Cancelled))).ShouldNotBe(working, "the first try still runs");
        first.SetResult();

        (await working).ShouldBe(new SharedWorkerTotals(1, 0, 1));
        RequireAll(1);
        mostAtOnce.ShouldBe(2);
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
