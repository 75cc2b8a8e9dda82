using System.Collections.Concurrent;
using System.Globalization;
using GenAgent.Models;
using GenAgent.Running;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Tests.Running;

public sealed class RolloutRunnerTests
{
    private readonly MemoryStore _store = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static IEnumerable<NumberTask> Tasks(int count) => Enumerable.Range(0, count).Select(number => new NumberTask(number));

    private RolloutRunner<NumberTask, string> Runner(
        Func<NumberTask, CancellationToken, Task<string>> make, RolloutOptions? options = null, TimeProvider? time = null) => new(make, _store, options, time);

    private static Task<string> Make(NumberTask task, CancellationToken cancellationToken) => Task.FromResult($"made {task.Key}");

    [Fact]
    public async Task A_resumed_run_does_only_what_is_missing_and_its_consumer_sees_everything()
    {
        using (var first = Runner(Make)) await first.RunAsync(Tasks(3), cancellationToken: Cancelled);
        var made = new ConcurrentBag<string>();
        List<(string Key, bool Resumed)> seen = [];
        using var second = Runner((task, cancelled) =>
        {
            made.Add(task.Key);
            return Make(task, cancelled);
        });

        var totals = await second.RunAsync(Tasks(5), finished =>
        {
            seen.Add((finished.Task.Key, finished.IsResumed));
            finished.Outcome.ShouldBe($"made {finished.Task.Key}");
            return ValueTask.CompletedTask;
        }, cancellationToken: Cancelled);

        made.Order(StringComparer.Ordinal).ShouldBe(["3", "4"]);
        seen.Take(3).ShouldBe([("0", true), ("1", true), ("2", true)]);
        seen.Count.ShouldBe(5);
        totals.ShouldBe(new RolloutTotals(Total: 5, Resumed: 3, Made: 2, Failed: 0, LastFailure: null));
    }

    [Fact]
    public async Task A_backend_that_hiccups_costs_no_task_as_it_is_tried_again_after_the_others()
    {
        List<string> order = [];
        using var runner = Runner((task, cancelled) =>
        {
            order.Add(task.Key);
            return order.Count == 1 ? throw new BackendUnavailableException("hiccup") : Make(task, cancelled);
        }, new() { Concurrency = 1 });

        (await runner.RunAsync(Tasks(3), cancellationToken: Cancelled)).Made.ShouldBe(3);

        order.ShouldBe(["0", "1", "2", "0"]);
    }

    [Fact]
    public async Task A_failure_that_stays_is_counted_with_its_cause_and_left_for_the_next_run()
    {
        List<Exception?> failures = [];
        using var runner = Runner((task, cancelled) => task.Number == 1 ? throw new BackendUnavailableException("down") : Make(task, cancelled));

        var totals = await runner.RunAsync(Tasks(4), finished =>
        {
            if (finished.Failure is not null) failures.Add(finished.Failure);
            return ValueTask.CompletedTask;
        }, cancellationToken: Cancelled);

        (totals.Made, totals.Failed).ShouldBe((3, 1));
        failures.ShouldHaveSingleItem()!.Message.ShouldBe("down");
        var incomplete = Should.Throw<RunStoppedException>(() => totals.ThrowIfIncomplete("images"));
        incomplete.Message.ShouldStartWith("1 of 4 images failed");
        incomplete.InnerException.ShouldBeOfType<BackendUnavailableException>();
        _store.Kept.Keys.Order(StringComparer.Ordinal).ShouldBe(["0", "2", "3"]);
    }

    [Fact]
    public async Task A_request_that_is_wrong_is_not_sent_twice()
    {
        var calls = 0;
        using var runner = Runner((_, _) =>
        {
            calls++;
            throw new BackendRejectedException("no such size");
        }, new() { Retries = 3 });

        (await runner.RunAsync(Tasks(1), cancellationToken: Cancelled)).Failed.ShouldBe(1);

        calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_backend_stops_the_run_after_a_few_tasks_and_what_was_done_is_kept()
    {
        var calls = 0;
        using var runner = Runner(
            (task, cancelled) => ++calls > 2 ? throw new BackendUnavailableException("the server is down") : Make(task, cancelled),
            new() { Concurrency = 1, Noun = "prompts" });

        var stopped = await Should.ThrowAsync<RunStoppedException>(() => runner.RunAsync(Tasks(1000), cancellationToken: Cancelled));

        stopped.Message.ShouldStartWith("5 prompts in a row failed");
        stopped.Message.ShouldEndWith("the server is down");
        calls.ShouldBe(7);
        _store.Kept.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_outcome_that_holds_a_failure_is_kept_for_the_record_but_its_task_is_done_again()
    {
        using var failing = new RolloutRunner<NumberTask, string>((_, _) => Task.FromResult("no image: timeout"), _store, new() { Retries = 0 })
        {
            FailureOf = outcome => outcome.StartsWith("no image", StringComparison.Ordinal) ? new BackendUnavailableException(outcome) : null,
        };
        (await failing.RunAsync(Tasks(1), cancellationToken: Cancelled)).Failed.ShouldBe(1);
        _store.Written.ShouldBe(["0 no image: timeout"]);

        using var working = Runner(Make);
        (await working.RunAsync(Tasks(1), cancellationToken: Cancelled)).Made.ShouldBe(1);
    }

    [Fact]
    public async Task Cancellation_keeps_what_is_finished_and_ends_what_is_under_way()
    {
        using var stop = new CancellationTokenSource();
        using var runner = Runner(async (task, cancelled) =>
        {
            if (task.Number < 2) return await Make(task, cancelled);
            await stop.CancelAsync();
            throw new HttpRequestException("the connection was closed");
        }, new() { Concurrency = 1 });

        await Should.ThrowAsync<OperationCanceledException>(() => runner.RunAsync(Tasks(10), cancellationToken: stop.Token));

        _store.Kept.Keys.Order(StringComparer.Ordinal).ShouldBe(["0", "1"]);
    }

    [Fact]
    public async Task A_limit_of_the_user_s_ends_the_run_cleanly_and_leaves_the_rest_for_the_next()
    {
        using var runner = Runner(
            (task, cancelled) => task.Key is "2" ? throw new RunLimitException("the images") : Make(task, cancelled), new() { Concurrency = 1 });

        var totals = await runner.RunAsync(Tasks(5), cancellationToken: Cancelled);

        totals.ShouldBe(new RolloutTotals(Total: 5, Resumed: 0, Made: 2, Failed: 0, LastFailure: null) { StoppedBy = "the images" });
        _store.Kept.Keys.Order(StringComparer.Ordinal).ShouldBe(["0", "1"]);
    }

    [Fact]
    public async Task A_full_disk_ends_the_run_with_its_cause_even_while_it_is_being_cancelled()
    {
        using var stop = new CancellationTokenSource();
        _store.Full = true;
        using var runner = Runner(async (task, cancelled) =>
        {
            await stop.CancelAsync();
            return "made";
        });

        (await Should.ThrowAsync<IOException>(() => runner.RunAsync(Tasks(1), cancellationToken: stop.Token))).Message.ShouldBe("No space left on device");
    }

    [Fact]
    public async Task A_fault_of_the_program_is_no_failure_of_a_backend()
    {
        using var runner = Runner((_, _) => throw new InvalidOperationException("a bug"));

        (await Should.ThrowAsync<InvalidOperationException>(() => runner.RunAsync(Tasks(3), cancellationToken: Cancelled))).Message.ShouldBe("a bug");
    }

    [Fact]
    public async Task The_time_left_is_reckoned_from_this_run_s_own_pace()
    {
        var clock = new FakeTimeProvider();
        using (var first = Runner(Make)) await first.RunAsync(Tasks(90), cancellationToken: Cancelled);
        List<RolloutProgress> told = [];
        using var second = Runner(
            (task, cancelled) =>
            {
                clock.Advance(TimeSpan.FromSeconds(10));
                return Make(task, cancelled);
            },
            new() { Concurrency = 1 }, clock);

        await second.RunAsync(Tasks(100), progress: new Collect(told), cancellationToken: Cancelled);

        told[0].ShouldBe(new RolloutProgress(Done: 90, Total: 100, Resumed: 90, Failed: 0, Left: null));
        told[1].ShouldBe(new RolloutProgress(91, 100, 90, 0, TimeSpan.FromSeconds(90)));
        told[^1].ShouldBe(new RolloutProgress(100, 100, 90, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_slow_consumer_slows_the_run()
    {
        var gate = new TaskCompletionSource();
        var begun = 0;
        using var runner = Runner(
            (task, cancelled) =>
            {
                Interlocked.Increment(ref begun);
                return Make(task, cancelled);
            },
            new() { Concurrency = 2 });

        var run = runner.RunAsync(Tasks(50), async _ => await gate.Task, cancellationToken: Cancelled);
        await Until.TrueAsync(() => Volatile.Read(ref begun) >= 2, "two tasks have begun");
        run.IsCompleted.ShouldBeFalse();
        Volatile.Read(ref begun).ShouldBe(2);
        gate.SetResult();
        (await run).Made.ShouldBe(50);
    }

    [Fact]
    public async Task Several_calls_at_once_share_the_limit_as_jobs_of_a_server_do()
    {
        var (now, most) = (0, 0);
        using var runner = Runner(
            async (task, cancelled) =>
            {
                var together = Interlocked.Increment(ref now);
                lock (_store) most = Math.Max(most, together);
                await Task.Yield();
                Interlocked.Decrement(ref now);
                return "made";
            },
            new() { Concurrency = 3 });

        await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(job => runner.RunAsync(Enumerable.Range(0, 5).Select(number => new NumberTask((job * 100) + number)), cancellationToken: Cancelled)));

        most.ShouldBeInRange(1, 3);
        _store.Kept.Count.ShouldBe(100);
    }

    [Fact]
    public async Task Two_tasks_of_one_key_are_refused_before_anything_is_made()
    {
        using var runner = Runner(Make);

        (await Should.ThrowAsync<ArgumentException>(
            () => runner.RunAsync([new NumberTask(1), new NumberTask(1)], cancellationToken: Cancelled))).Message.ShouldContain(
            "\"1\"");
        _store.Kept.ShouldBeEmpty();
        Should.Throw<ArgumentException>(() => Runner(Make, new() { Concurrency = 0 })).Message.ShouldContain("Concurrency is 0");
    }

    private sealed record NumberTask(int Number) : IRunTask
    {
        public string Key => Number.ToString(CultureInfo.InvariantCulture);
    }

    private sealed class MemoryStore : IOutcomeStore<string>
    {
        public ConcurrentDictionary<string, string> Kept { get; } = new(StringComparer.Ordinal);

        public ConcurrentQueue<string> Written { get; } = [];

        public bool Full { get; set; }

        public ValueTask<string?> FindAsync(string key, CancellationToken cancellationToken = default) => ValueTask.FromResult(Kept.GetValueOrDefault(key));

        public Task<string> KeepAsync(string key, string outcome, CancellationToken cancellationToken = default)
        {
            if (Full) throw new IOException("No space left on device");
            Written.Enqueue($"{key} {outcome}");
            if (outcome.StartsWith("made", StringComparison.Ordinal)) Kept[key] = outcome;
            return Task.FromResult(outcome);
        }
    }

    private sealed class Collect(List<RolloutProgress> told) : IProgress<RolloutProgress>
    {
        public void Report(RolloutProgress value) => told.Add(value);
    }
}
