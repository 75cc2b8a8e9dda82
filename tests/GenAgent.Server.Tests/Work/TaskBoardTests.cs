using System.Text;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Server.Work;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Server.Tests.Work;

/// <summary>The rules of shared tasks, on SQLite.</summary>
public sealed class SqliteTaskBoardTests : TaskBoardTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<ITaskBoard> OpenAsync() => TaskBoards.OpenAsync(_folder.Path, password: null, _time);

    [Fact]
    public async Task A_lease_holds_as_long_as_its_term_and_no_longer()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One);

        _time.Advance(Term);
        await board.HoldAsync(RunId, Owner, Term, Cancelled);
        (await LeaseAsync(board, Other)).ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await LeaseAsync(board, Other)).ShouldBe(["a"]);
    }

    [Fact]
    public async Task An_owner_that_gives_no_sign_of_life_leaves_its_run_to_nobody()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");

        _time.Advance(Term + TimeSpan.FromMilliseconds(1));

        (await board.RunsAsync(Cancelled)).ShouldBeEmpty();
        (await board.LeaseAsync(RunId, One, 1, Term, Cancelled)).ShouldBeNull();
    }
}

/// <summary>The same rules on PostgreSQL, where the system has one.</summary>
public sealed class PostgresTaskBoardTests(PostgresBoard postgres) : TaskBoardTests, IClassFixture<PostgresBoard>
{
    protected override Task<ITaskBoard> OpenAsync() => postgres.OpenAsync();
}

/// <summary>What owners and workers of shared tasks rely on, whatever the database.</summary>
public abstract class TaskBoardTests
{
    protected const string Owner = "owner";

    protected static readonly TaskLease One = new("one", 1);
    protected static readonly TaskLease Other = new("other", 1);
    protected static readonly TimeSpan Term = TimeSpan.FromSeconds(15);

    // Over as soon as it is given.
    private static readonly TimeSpan Over = TimeSpan.FromSeconds(-1);

    protected string RunId { get; } = Guid.NewGuid().ToString("N");

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected abstract Task<ITaskBoard> OpenAsync();

    private SharedRun Run => new(RunId, "numbers", new RunManifest("numbers", 1, new Dictionary<string, string?>()).ToString(), "{}", "1");

    protected async Task PostAsync(ITaskBoard board, params string[] keys)
    {
        await board.OpenAsync(Run, Owner, Term, Cancelled);
        (await board.PostAsync(RunId, Owner, keys, Cancelled)).ShouldBeTrue();
    }

    protected async Task<IReadOnlyList<string>> LeaseAsync(ITaskBoard board, TaskLease lease, int most = 10, TimeSpan? term = null) =>
        (await board.LeaseAsync(RunId, lease, most, term ?? Term, Cancelled)).ShouldNotBeNull();

    private Task<bool> FinishAsync(ITaskBoard board, TaskLease lease, string key) =>
        board.FinishAsync(RunId, lease, key, Encoding.UTF8.GetBytes($"{key} by {lease.Worker}"), Cancelled);

    private async Task<string[]> ResultsAsync(ITaskBoard board, string owner = Owner, params string[] known) =>
        [.. (await board.ResultsAsync(RunId, owner, 100, known, Cancelled)).ShouldNotBeNull().Select(one => Encoding.UTF8.GetString(one.Result!.Value.Span))];

    [Fact]
    public async Task Tasks_that_many_workers_ask_for_at_once_are_each_given_to_one()
    {
        await using var board = await OpenAsync();
        string[] keys = [.. Enumerable.Range(0, 300).Select(number => $"{number}")];
        await PostAsync(board, keys);

        var leased = await Task.WhenAll(Enumerable.Range(0, 40).Select(worker => LeaseAsync(board, new($"worker-{worker}", 1), most: 9)));

        leased.SelectMany(some => some).Order().ShouldBe(keys.Order());
        leased.ShouldAllBe(some => some.Count <= 9);
    }

    [Fact]
    public async Task A_task_whose_worker_is_gone_is_given_to_another_and_the_late_result_is_refused()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        (await LeaseAsync(board, One, term: Over)).ShouldBe(["a"]);
        (await LeaseAsync(board, Other)).ShouldBe(["a"]);

        (await FinishAsync(board, One, "a")).ShouldBeFalse();
        (await FinishAsync(board, Other, "a")).ShouldBeTrue();
        (await FinishAsync(board, One, "a")).ShouldBeFalse();

        (await ResultsAsync(board)).ShouldBe(["a by other"]);
    }

    [Fact]
    public async Task A_late_result_counts_if_nobody_else_has_taken_the_task()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One, term: Over);

        (await FinishAsync(board, One, "a")).ShouldBeTrue();

        (await LeaseAsync(board, Other)).ShouldBeEmpty();
        (await ResultsAsync(board)).ShouldBe(["a by one"]);
    }

    [Fact]
    public async Task The_same_worker_s_new_lease_of_a_task_refuses_its_own_old_result()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One, term: Over);
        await LeaseAsync(board, One with { Number = 2 });

        (await FinishAsync(board, One, "a")).ShouldBeFalse();
        (await FinishAsync(board, One with { Number = 2 }, "a")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_result_that_is_written_again_as_its_answer_was_lost_counts_once()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One);
        (await FinishAsync(board, One, "a")).ShouldBeTrue();
        (await FinishAsync(board, One, "a")).ShouldBeTrue();
        (await ResultsAsync(board)).ShouldBe(["a by one"]);
    }

    [Fact]
    public async Task A_failure_that_is_told_again_as_its_answer_was_lost_counts_once()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        for (var number = 1; number <= 2; number++)
        {
            var lease = One with { Number = number };
            await LeaseAsync(board, lease);
            for (var call = 1; call <= 2; call++)
                (await board.FailAsync(RunId, lease, "a", new("RateLimitException", $"{number}"), 1, Cancelled)).ShouldBeTrue();
        }

        (await LeaseAsync(board, Other)).ShouldBeEmpty();
        (await board.ResultsAsync(RunId, Owner, 10, [], Cancelled)).ShouldNotBeNull().ShouldHaveSingleItem().Failure!.Message.ShouldBe("2");
    }

    [Fact]
    public async Task What_was_given_back_is_ended_by_nobody_who_had_it()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One);
        await board.GiveBackAsync(RunId, One.Worker, Cancelled);

        (await FinishAsync(board, One, "a")).ShouldBeFalse();
        (await board.FailAsync(RunId, One, "a", new("RateLimitException", "late"), 1, Cancelled)).ShouldBeFalse();
        (await LeaseAsync(board, Other)).ShouldBe(["a"]);
    }

    [Fact]
    public async Task Results_stay_until_they_are_removed_and_those_that_the_owner_has_are_left_out()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a", "b", "c");
        await LeaseAsync(board, One);
        foreach (var key in (string[])["c", "a", "b"]) await FinishAsync(board, One, key);

        (await ResultsAsync(board)).ShouldBe(["a by one", "b by one", "c by one"]);
        (await ResultsAsync(board)).ShouldBe(["a by one", "b by one", "c by one"], "an answer that was lost is asked for again");
        (await ResultsAsync(board, Owner, "a", "c", "of a task that is gone")).ShouldBe(["b by one"]);
        (await board.ResultsAsync(RunId, Owner, 1, ["a"], Cancelled)).ShouldNotBeNull().ShouldHaveSingleItem().Key.ShouldBe("b");
        await board.RemoveAsync(RunId, Owner, ["a", "b", "c"], Cancelled);
        (await ResultsAsync(board)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_sign_of_life_keeps_a_lease_and_tells_of_those_that_are_lost()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a", "b");
        await LeaseAsync(board, One, term: Over);
        (await LeaseAsync(board, Other, most: 1)).ShouldBe(["a"]);
        var held = new Dictionary<string, TaskLease>(StringComparer.Ordinal) { ["a"] = One, ["b"] = One };

        (await board.RenewAsync(RunId, held, Term, Cancelled)).ShouldBe(["b"]);

        (await LeaseAsync(board, new("third", 1))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_task_waits_behind_the_others_and_fails_for_good_when_its_retries_are_spent()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a", "b", "c");
        await LeaseAsync(board, One, most: 1);
        (await board.FailAsync(RunId, One, "a", new("RateLimitException", "too many"), 1, Cancelled)).ShouldBeTrue();

        (await LeaseAsync(board, Other)).ShouldBe(["a", "b", "c"], ignoreOrder: true);
        (await LeaseAsync(board, One)).ShouldBeEmpty();
        (await board.FailAsync(RunId, One, "a", new("RateLimitException", "too late"), 1, Cancelled)).ShouldBeFalse();
        (await board.FailAsync(RunId, Other, "a", new("RateLimitException", "again", 429), 1, Cancelled)).ShouldBeTrue();

        var result = (await board.ResultsAsync(RunId, Owner, 10, [], Cancelled)).ShouldNotBeNull().ShouldHaveSingleItem();
        result.ShouldBe(new TaskResult("a", null, new TaskFailure("RateLimitException", "again", 429)));
    }

    [Fact]
    public async Task A_worker_gets_what_it_failed_itself_only_when_nothing_else_is_left()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One);
        await board.FailAsync(RunId, One, "a", new("RateLimitException", "too many"), 3, Cancelled);
        await board.PostAsync(RunId, Owner, ["b"], Cancelled);

        (await LeaseAsync(board, One, most: 1)).ShouldBe(["b"]);
        (await LeaseAsync(board, One, most: 1)).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_new_owner_gets_what_the_old_one_had_not_removed_and_the_old_one_changes_nothing_more()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "kept", "fetched", "done", "open");
        await LeaseAsync(board, One, most: 2);
        await FinishAsync(board, One, "kept");
        await FinishAsync(board, One, "fetched");
        await ResultsAsync(board);
        (await board.RemoveAsync(RunId, Owner, ["kept"], Cancelled)).ShouldBeTrue();
        await LeaseAsync(board, Other, most: 1);
        await FinishAsync(board, Other, "done");

        (await board.OpenAsync(Run, "next", Term, Cancelled)).ShouldBe(["done", "fetched"], ignoreOrder: true);

        (await board.ResultsAsync(RunId, Owner, 10, [], Cancelled)).ShouldBeNull();
        (await board.PostAsync(RunId, Owner, ["new"], Cancelled)).ShouldBeFalse();
        (await board.RemoveAsync(RunId, Owner, ["fetched"], Cancelled)).ShouldBeFalse();
        (await board.HoldAsync(RunId, Owner, Term, Cancelled)).ShouldBeNull();
        await board.CloseAsync(RunId, Owner, isOver: true, Cancelled);
        (await ResultsAsync(board, "next")).ShouldBe(["fetched by one", "done by other"], ignoreOrder: true);

        // What waited is posted again by the one that needs it.
        (await LeaseAsync(board, One)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_is_let_go_gives_no_tasks_and_keeps_a_late_result_for_its_next_owner()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a", "b");
        await LeaseAsync(board, One, most: 1);
        (await board.RunsAsync(Cancelled)).ShouldContain(Run);

        await board.CloseAsync(RunId, Owner, isOver: false, Cancelled);

        (await board.RunsAsync(Cancelled)).ShouldNotContain(Run);
        (await board.LeaseAsync(RunId, Other, 1, Term, Cancelled)).ShouldBeNull();
        (await FinishAsync(board, One, "a")).ShouldBeTrue();
        (await board.OpenAsync(Run, "next", Term, Cancelled)).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_run_that_is_over_leaves_nothing_behind()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One);
        await board.CloseAsync(RunId, Owner, isOver: true, Cancelled);

        (await FinishAsync(board, One, "a")).ShouldBeFalse();
        (await board.OpenAsync(Run, "next", Term, Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_worker_gives_back_is_taken_at_once_and_does_not_count()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        for (var number = 1; number <= 30; number++)
        {
            (await LeaseAsync(board, One with { Number = number })).ShouldBe(["a"]);
            await board.GiveBackAsync(RunId, One.Worker, Cancelled);
        }

        (await LeaseAsync(board, Other)).ShouldBe(["a"]);
        (await ResultsAsync(board)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_task_that_every_worker_dies_of_ends_as_failed()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        for (var number = 1; number <= 20; number++) (await LeaseAsync(board, new($"worker-{number}", 1), term: Over)).ShouldBe(["a"]);

        (await LeaseAsync(board, Other)).ShouldBeEmpty();

        var result = (await board.ResultsAsync(RunId, Owner, 10, [], Cancelled)).ShouldNotBeNull().ShouldHaveSingleItem();
        result.Failure.ShouldNotBeNull().Message.ShouldContain("20 workers");
    }

    [Fact]
    public async Task An_owner_hears_how_many_tasks_wait_and_how_many_are_held()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a", "b", "c", "d");
        await LeaseAsync(board, One, most: 1);
        await LeaseAsync(board, Other, most: 1, term: Over);

        (await board.HoldAsync(RunId, Owner, Term, Cancelled)).ShouldBe(new BoardCounts(Waiting: 3, Held: 1));
    }

    [Fact]
    public async Task Tasks_that_are_posted_twice_are_there_once()
    {
        await using var board = await OpenAsync();
        await PostAsync(board, "a");
        await LeaseAsync(board, One);

        (await board.PostAsync(RunId, Owner, ["a", "b"], Cancelled)).ShouldBeTrue();

        (await LeaseAsync(board, Other)).ShouldBe(["b"]);
    }
}
