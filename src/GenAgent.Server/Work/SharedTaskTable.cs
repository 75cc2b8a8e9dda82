using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using GenAgent.Running.Sharing;
using GenAgent.Server.Storage;

namespace GenAgent.Server.Work;

/// <summary>
/// The board in the server's database. The rules are those of the jobs: every write of a worker names its lease, every write of an owner names the owner.
/// Times are the database's own where it is PostgreSQL, as clocks of machines differ.
/// </summary>
internal sealed class SharedTaskTable(Database database, TimeProvider time) : ITaskBoard
{
    // A task that takes the process with it every time it is begun is not begun for ever.
    private const int MostAttempts = 20;

    // Behind all others, whatever their number.
    private const long Behind = 1_000_000_000_000;
    private const int KeysAStatement = 200;
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(30);

    private string Now => database.IsPostgres ? "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT" : Clock;

    private string Clock => time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>A call of the database, whose failures are the board's.</summary>
    public static async Task<T> ReachAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (failure is DbException or SocketException or TimeoutException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BoardUnavailableException($"The database of the shared tasks failed: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    public Task<IReadOnlyList<string>> OpenAsync(SharedRun run, string owner, TimeSpan term, CancellationToken cancellationToken = default) =>
        WriteAsync<IReadOnlyList<string>>(
        async session =>
        {
            var id = ("run", (object?)run.Id);
            await session.ExecuteAsync(
                $"""
                INSERT INTO shared_runs (id, kind, version, manifest, description, created, owner, owned_until)
                VALUES (@run, @kind, @version, @manifest, @description, {Now}, @owner, {Now} + @term)
                ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, version = excluded.version, manifest = excluded.manifest,
                    description = excluded.description, owner = excluded.owner, owned_until = excluded.owned_until
                """,
                id, ("kind", run.Kind), ("version", run.Version), ("manifest", run.Manifest), ("description", run.Description), ("owner", owner),
                Of(term));
            await session.ExecuteAsync("DELETE FROM shared_tasks WHERE run = @run AND state NOT IN ('leased', 'done')", id);

            // Runs whose folders are long gone.
            var old = ("age", (object?)(long)Forgotten.TotalMilliseconds);
            await session.ExecuteAsync(
                $"DELETE FROM shared_tasks WHERE run IN (SELECT id FROM shared_runs WHERE owned_until < {Now} - @age)", old);
            await session.ExecuteAsync($"DELETE FROM shared_runs WHERE owned_until < {Now} - @age", old);
            return await session.QueryAsync("SELECT key FROM shared_tasks WHERE run = @run AND state = 'done'", row => row.Text("key"), id);
        },
        cancellationToken);

    public Task<BoardCounts?> HoldAsync(string run, string owner, TimeSpan term, CancellationToken cancellationToken = default) => WriteAsync<BoardCounts?>(
        async session =>
        {
            if (await session.ExecuteAsync(
                $"UPDATE shared_runs SET owned_until = {Now} + @term WHERE id = @run AND owner = @owner", Run(run), ("owner", owner), Of(term)) == 0)
            {
                return null;
            }

            return (await session.QueryAsync(
                $"""
                SELECT COALESCE(SUM(CASE WHEN state = 'waiting' OR leased_until < {Now} THEN 1 ELSE 0 END), 0) AS waiting,
                    COALESCE(SUM(CASE WHEN leased_until >= {Now} THEN 1 ELSE 0 END), 0) AS held
                FROM shared_tasks WHERE run = @run AND state IN ('waiting', 'leased')
                """,
                row => new BoardCounts(row.Number("waiting"), row.Number("held")), Run(run)))[0];
        },
        cancellationToken);

    public Task<bool> PostAsync(string run, string owner, IReadOnlyList<string> keys, CancellationToken cancellationToken = default) => WriteAsync(
        async session =>
        {
            if (!await IsOwnedAsync(session, run, owner)) return false;
            var last = (await session.QueryAsync(
                $"SELECT COALESCE(MAX(position), 0) AS last FROM shared_tasks WHERE run = @run AND position < {Behind}", row => row.Number("last"),
                Run(run)))[0];
            foreach (var some in keys.Chunk(KeysAStatement))
            {
                var rows = some.Select((_, index) => string.Create(CultureInfo.InvariantCulture, $"(@run, @k{index}, {last + index + 1}, 'waiting', 0, 0)"));
                await session.ExecuteAsync(
                    $"""
                    INSERT INTO shared_tasks (run, key, position, state, attempts, failures)
                    VALUES {string.Join(", ", rows)} ON CONFLICT (run, key) DO NOTHING
                    """,
                    [Run(run), .. Keys(some)]);
                last += some.Length;
            }

            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<TaskResult>?> ResultsAsync(
        string run, string owner, int most, IReadOnlyCollection<string> known, CancellationToken cancellationToken = default)
    {
        string[] had = [.. known];

        // It only reads: an answer that is lost on its way is asked for again.
        var rows = await ReachAsync(
            () => database.QueryAsync(
                $"""
                SELECT owner, ended.key AS key, result, failure
                FROM shared_runs LEFT JOIN (
                    SELECT run, key, result, failure, position FROM shared_tasks
                    WHERE run = @run AND state IN ('done', 'failed'){(had.Length > 0 ? $" AND key NOT IN ({Names(had)})" : string.Empty)}
                    ORDER BY position LIMIT @most) AS ended ON ended.run = shared_runs.id
                WHERE id = @run ORDER BY ended.position
                """,
                row => (
                    Owner: row.TextOrNull("owner"),
                    Result: row.TextOrNull("key") is { } key ? new TaskResult(key, BytesOf(row), FailureOf(row)) : null),
                cancellationToken, [Run(run), ("most", most), .. Keys(had)]),
            cancellationToken);
        return rows is [var (holder, _), ..] && string.Equals(holder, owner, StringComparison.Ordinal)
            ? [.. rows.Select(row => row.Result).OfType<TaskResult>()]
            : null;
    }

    public Task<bool> RemoveAsync(string run, string owner, IReadOnlyList<string> keys, CancellationToken cancellationToken = default) => WriteAsync(
        async session =>
        {
            if (!await IsOwnedAsync(session, run, owner)) return false;
            foreach (var some in keys.Chunk(KeysAStatement))
            {
                await session.ExecuteAsync($"DELETE FROM shared_tasks WHERE run = @run AND key IN ({Names(some)})", [Run(run), .. Keys(some)]);
            }

            return true;
        },
        cancellationToken);

    public Task CloseAsync(string run, string owner, bool isOver, CancellationToken cancellationToken = default) => WriteAsync(
        async session =>
        {
            if (!await IsOwnedAsync(session, run, owner)) return false;
            if (isOver)
            {
                await session.ExecuteAsync("DELETE FROM shared_tasks WHERE run = @run", Run(run));
                await session.ExecuteAsync("DELETE FROM shared_runs WHERE id = @run", Run(run));
            }
            else
            {
                await session.ExecuteAsync("DELETE FROM shared_tasks WHERE run = @run AND state = 'waiting'", Run(run));
                await session.ExecuteAsync($"UPDATE shared_runs SET owner = NULL, owned_until = {Now} - 1 WHERE id = @run", Run(run));
            }

            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<SharedRun>> RunsAsync(CancellationToken cancellationToken = default) => await ReachAsync(
        () => database.QueryAsync(
            $"""
            SELECT id, kind, version, manifest, description FROM shared_runs
            WHERE owned_until >= {Now} AND EXISTS (SELECT 1 FROM shared_tasks WHERE run = shared_runs.id AND {Free}) ORDER BY created, id
            """,
            row => new SharedRun(row.Text("id"), row.Text("kind"), row.Text("manifest"), row.Text("description"), row.Text("version")),
            cancellationToken),
        cancellationToken);

    public async Task<IReadOnlyList<string>?> LeaseAsync(string run, TaskLease lease, int most, TimeSpan term, CancellationToken cancellationToken = default)
    {
        // Asked first by reading alone: a worker that waits writes nothing.
        var found = await ReachAsync(
            () => database.QueryAsync(
                $"SELECT EXISTS (SELECT 1 FROM shared_tasks WHERE run = @run AND {Free}) AS news FROM shared_runs WHERE id = @run AND owned_until >= {Now}",
                row => row.Number("news") != 0, cancellationToken, Run(run)), cancellationToken);
        if (found is not [var news]) return null;
        if (!news) return [];
        return await WriteAsync<IReadOnlyList<string>?>(
            async session =>
            {
                await session.ExecuteAsync(
                    $"""
                    UPDATE shared_tasks SET state = 'failed', lease = NULL, failure = @failure
                    WHERE run = @run AND state = 'leased' AND leased_until < {Now} AND attempts >= {MostAttempts}
                    """,
                    Run(run), ("failure", JsonSerializer.Serialize(new TaskFailure(
                        "WorkerLostException", $"each of the {MostAttempts} workers that took the task was lost before it ended."))));
                return await session.QueryAsync(
                    $"""
                    WITH picked AS MATERIALIZED (
                        SELECT key FROM shared_tasks WHERE run = @run AND {Free}
                        ORDER BY CASE WHEN failed_by = @worker THEN 1 ELSE 0 END, position LIMIT @most {database.SkipLocked})
                    UPDATE shared_tasks SET state = 'leased', worker = @worker, lease = @lease, leased_until = {Now} + @term, attempts = attempts + 1
                    WHERE run = @run AND key IN (SELECT key FROM picked) RETURNING key
                    """,
                    row => row.Text("key"), [Run(run), ("most", most), Of(term), .. Of(lease)]);
            },
            cancellationToken);
    }

    public Task<IReadOnlySet<string>> RenewAsync(
        string run, IReadOnlyDictionary<string, TaskLease> held, TimeSpan term, CancellationToken cancellationToken = default) =>
        WriteAsync<IReadOnlySet<string>>(
        async session =>
        {
            HashSet<string> still = new(StringComparer.Ordinal);
            foreach (var some in held.Keys.Order(StringComparer.Ordinal).Chunk(KeysAStatement))
            {
                var rows = await session.QueryAsync(
                    $"""
                    UPDATE shared_tasks SET leased_until = {Now} + @term WHERE run = @run AND state = 'leased' AND worker = @worker AND key IN ({Names(some)})
                    RETURNING key, lease
                    """,
                    row => (Key: row.Text("key"), Lease: row.Number("lease")),
                    [Run(run), Of(term), ("worker", held[some[0]].Worker), .. Keys(some)]);
                still.UnionWith(rows.Where(row => held[row.Key].Number == row.Lease).Select(row => row.Key));
            }

            return still;
        },
        cancellationToken);

    public Task<bool> FinishAsync(
        string run, TaskLease lease, string key, ReadOnlyMemory<byte> result, CancellationToken cancellationToken = default) => WriteAsync(
        async session =>
        {
            (string, object?)[] values = [Run(run), ("key", key), .. Of(lease)];
            return await session.ExecuteAsync(
                $"UPDATE shared_tasks SET state = 'done', result = @result, leased_until = NULL WHERE {OfLease}",
                [.. values, ("result", result.ToArray())]) > 0 || await HasEndedAsync(session, "'done'", values);
        },
        cancellationToken);

    public Task<bool> FailAsync(
        string run, TaskLease lease, string key, TaskFailure failure, int retries, CancellationToken cancellationToken = default) => WriteAsync(
        async session =>
        {
            (string, object?)[] values = [Run(run), ("key", key), .. Of(lease)];
            return await session.ExecuteAsync(
                $"""
                UPDATE shared_tasks SET failures = failures + 1, failed_by = @worker, leased_until = NULL, position = position + {Behind},
                    state = CASE WHEN failures < @retries THEN 'waiting' ELSE 'failed' END,
                    failure = CASE WHEN failures < @retries THEN NULL ELSE @failure END
                WHERE {OfLease}
                """,
                [.. values, ("retries", retries), ("failure", JsonSerializer.Serialize(failure))]) > 0
                || await HasEndedAsync(session, "'waiting', 'failed'", values);
        },
        cancellationToken);

    public Task GiveBackAsync(string run, string worker, CancellationToken cancellationToken = default) => WriteAsync(
        session => session.ExecuteAsync(
            """
            UPDATE shared_tasks SET state = 'waiting', lease = NULL, leased_until = NULL, attempts = attempts - 1
            WHERE run = @run AND state = 'leased' AND worker = @worker
            """,
            Run(run), ("worker", worker)),
        cancellationToken);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private const string OfLease = "run = @run AND key = @key AND worker = @worker AND lease = @lease AND state = 'leased'";

    // A call whose answer was lost on its way has written the end of its lease. Whoever takes the task again has another lease.
    private static async Task<bool> HasEndedAsync(Database.Session session, string states, (string, object?)[] lease) => (await session.QueryAsync(
        $"SELECT 1 FROM shared_tasks WHERE run = @run AND key = @key AND worker = @worker AND lease = @lease AND state IN ({states})",
        _ => true, lease)).Count > 0;

    private string Free => $"(state = 'waiting' OR (state = 'leased' AND leased_until < {Now}))";

    // The row stays locked to the end of the transaction: an owner that takes the run over waits until what this one writes is written.
    private async Task<bool> IsOwnedAsync(Database.Session session, string run, string owner) => (await session.QueryAsync(
        $"SELECT 1 FROM shared_runs WHERE id = @run AND owner = @owner {(database.IsPostgres ? "FOR UPDATE" : string.Empty)}", _ => true,
        Run(run), ("owner", owner))).Count > 0;

    private Task<T> WriteAsync<T>(Func<Database.Session, Task<T>> write, CancellationToken cancellationToken) =>
        ReachAsync(() => database.WriteAsync(write, cancellationToken), cancellationToken);

    private static (string, object?) Run(string run) => ("run", run);

    private static (string, object?) Of(TimeSpan term) => ("term", (long)term.TotalMilliseconds);

    private static (string, object?)[] Of(TaskLease lease) => [("worker", lease.Worker), ("lease", lease.Number)];

    private static IEnumerable<(string, object?)> Keys(string[] keys) => keys.Select((key, index) => ($"k{index}", (object?)key));

    private static string Names(string[] keys) => string.Join(", ", keys.Select((_, index) => $"@k{index}"));

    private static ReadOnlyMemory<byte>? BytesOf(DbDataReader row) =>
        row.BytesOrNull("result") is { } bytes ? new ReadOnlyMemory<byte>(bytes) : default(ReadOnlyMemory<byte>?);

    private static TaskFailure? FailureOf(DbDataReader row) =>
        row.TextOrNull("failure") is { } failure ? JsonSerializer.Deserialize<TaskFailure>(failure) : null;
}
