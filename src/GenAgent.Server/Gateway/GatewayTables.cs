using System.Data.Common;
using System.Runtime.InteropServices;
using System.Text.Json;
using GenAgent.Server.Storage;
using GenAgent.Telemetry;

namespace GenAgent.Server.Gateway;

/// <summary>
/// Open and ended rollouts with their calls, rewards and events, in a SQLite file of their own. A write is there as a whole or not at all. Safe to use from
/// many tasks at once.
/// </summary>
internal sealed class GatewayTables(Database database, SecretMask secrets, TimeProvider time)
{
    /// <summary>The tables. Ids are little-endian int32, log-probabilities little-endian float32, times Unix milliseconds.</summary>
    public static IReadOnlyList<string> Schema { get; } =
    [
        """
        CREATE TABLE IF NOT EXISTS rollouts (
            rollout TEXT NOT NULL, attempt TEXT NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL, task TEXT NOT NULL, ending TEXT,
            created BIGINT NOT NULL, touched BIGINT NOT NULL, PRIMARY KEY (rollout, attempt))
        """,
        "CREATE INDEX IF NOT EXISTS rollouts_state ON rollouts (state, touched)",
        """
        CREATE TABLE IF NOT EXISTS calls (
            rollout TEXT NOT NULL, attempt TEXT NOT NULL, sequence INTEGER NOT NULL, parent INTEGER, messages TEXT NOT NULL, answer TEXT NOT NULL,
            ask_hash TEXT NOT NULL, end_hash TEXT NOT NULL, details TEXT NOT NULL, prompt BLOB, sampled BLOB, log_probs BLOB,
            PRIMARY KEY (rollout, attempt, sequence))
        """,
        """
        CREATE TABLE IF NOT EXISTS events (
            rollout TEXT NOT NULL, attempt TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, at BIGINT NOT NULL,
            PRIMARY KEY (rollout, attempt, sequence))
        """,
    ];

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A rollout; null if there is none of that name.</summary>
    public async Task<RecordedRollout?> FindAsync(RolloutName name, CancellationToken cancellationToken) => (await database.QueryAsync(
        "SELECT * FROM rollouts WHERE rollout = @rollout AND attempt = @attempt", Read, cancellationToken, Key(name))).FirstOrDefault();

    /// <summary>The rollouts of a state that nobody touched since.</summary>
    public Task<List<RecordedRollout>> ListAsync(RolloutState state, DateTimeOffset before, CancellationToken cancellationToken) => database.QueryAsync(
        "SELECT * FROM rollouts WHERE state = @state AND touched <= @before ORDER BY touched, rollout, attempt", Read, cancellationToken,
        ("state", state.ToString()), ("before", before.ToUnixTimeMilliseconds()));

    public async Task<long> CountAsync(RolloutState state, CancellationToken cancellationToken) => (await database.QueryAsync(
        "SELECT COUNT(*) AS n FROM rollouts WHERE state = @state", row => row.Number("n"), cancellationToken, ("state", state.ToString())))[0];

    /// <summary>Finds a rollout, or begins it.</summary>
    public Task<RecordedRollout> BeginAsync(RolloutName name, string? owner, RecordedTask task, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(
                """
                INSERT INTO rollouts (rollout, attempt, owner, state, task, created, touched) VALUES (@rollout, @attempt, @owner, 'Open', @task, @now, @now)
                ON CONFLICT (rollout, attempt) DO NOTHING
                """,
                [.. Key(name), ("owner", owner ?? string.Empty), ("task", Write(task)), ("now", Now)]);
            return (await session.QueryAsync("SELECT * FROM rollouts WHERE rollout = @rollout AND attempt = @attempt", Read, Key(name)))[0];
        },
        cancellationToken);

    /// <summary>The calls of a rollout, in the order of their ends.</summary>
    public Task<List<RecordedCall>> CallsAsync(RolloutName name, CancellationToken cancellationToken) =>
        database.QueryAsync($"SELECT * {CallsOf}", ReadCall, cancellationToken, Key(name));

    /// <summary>Where the calls of a rollout stand, without their ids, and the faults among them.</summary>
    public Task<List<(CallLink Call, string? Fault)>> LinksAsync(RolloutName name, CancellationToken cancellationToken) => database.QueryAsync(
        $"SELECT sequence, parent, ask_hash, end_hash, NULL AS prompt, NULL AS sampled, details {CallsOf}",
        row => (ReadLink(row), Read<CallDetails>(row.Text("details")).Fault), cancellationToken, Key(name));

    /// <summary>The rewards and events of a rollout, in order.</summary>
    public Task<List<RecordedEvent>> EventsAsync(RolloutName name, CancellationToken cancellationToken) => database.QueryAsync(
        "SELECT * FROM events WHERE rollout = @rollout AND attempt = @attempt ORDER BY sequence", ReadEvent, cancellationToken, Key(name));

    /// <summary>Keeps a call of a rollout that is open.</summary>
    /// <param name="name">The rollout.</param>
    /// <param name="make">Makes the call from those before it; its number is the next.</param>
    /// <param name="most">The most calls.</param>
    /// <exception cref="RefusedException">The rollout has ended, or has too many calls.</exception>
    public Task<RecordedCall> AddCallAsync(RolloutName name, Func<CallTree<CallLink>, int, RecordedCall> make, int most) => database.WriteAsync(
        async session =>
        {
            await RequireOpenAsync(session, name);
            var tree = new CallTree<CallLink>(await session.QueryAsync(
                $"SELECT sequence, parent, ask_hash, end_hash, prompt, sampled {CallsOf}", ReadLink, Key(name)));
            var call = make(tree, tree.Calls.Count + 1);
            if (call.Sequence > most) throw new RefusedException(429, $"This rollout has {most} calls already (Gateway:CallsPerRollout).");
            await session.ExecuteAsync(
                """
                INSERT INTO calls (rollout, attempt, sequence, parent, messages, answer, ask_hash, end_hash, details, prompt, sampled, log_probs)
                VALUES (@rollout, @attempt, @sequence, @parent, @messages, @answer, @ask, @end, @details, @prompt, @sampled, @logs)
                """,
                [
                    .. Key(name), ("sequence", call.Sequence), ("parent", call.Parent), ("messages", Write(call.Messages)), ("answer", Write(call.Answer)),
                    ("ask", call.AskHash), ("end", call.EndHash), ("details", Write(call.Details)), ("prompt", Bytes(call.Prompt)),
                    ("sampled", Bytes(call.Sampled)), ("logs", Bytes(call.LogProbs)),
                ]);
            return call;
        },
        CancellationToken.None);

    /// <summary>Keeps a reward or an event of a rollout that is open. The same one again is no second one.</summary>
    /// <exception cref="RefusedException">The rollout has ended, or has too many events.</exception>
    public Task<bool> AddEventAsync(RolloutName name, string kind, string data, int most, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var last = await session.QueryAsync(
                "SELECT data FROM events WHERE rollout = @rollout AND attempt = @attempt AND kind = @kind ORDER BY sequence DESC LIMIT 1",
                row => row.Text("data"), [.. Key(name), ("kind", kind)]);
            var written = secrets.MaskValues(data);
            if (last is [var same] && string.Equals(same, written, StringComparison.Ordinal)) return false;
            await RequireOpenAsync(session, name);
            var count = (await session.QueryAsync(
                "SELECT COUNT(*) AS n FROM events WHERE rollout = @rollout AND attempt = @attempt", row => row.Number("n"), Key(name)))[0];
            if (count >= most) throw new RefusedException(429, $"This rollout has {most} rewards and events already (Gateway:EventsPerRollout).");
            await session.ExecuteAsync(
                "INSERT INTO events (rollout, attempt, sequence, kind, data, at) VALUES (@rollout, @attempt, @sequence, @kind, @data, @now)",
                [.. Key(name), ("sequence", count + 1), ("kind", kind), ("data", written), ("now", Now)]);
            return true;
        },
        cancellationToken);

    /// <summary>Notes that a call begins: the rollout is not idle.</summary>
    /// <exception cref="RefusedException">The rollout has ended.</exception>
    public Task TouchAsync(RolloutName name, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await RequireOpenAsync(session, name);
            return true;
        },
        cancellationToken);

    /// <summary>Decides a rollout's end: from here on it takes no calls and rewards. A second end changes nothing.</summary>
    /// <param name="name">The rollout.</param>
    /// <param name="end">How it ends.</param>
    /// <param name="idleSince">Ends it only if nobody touched it since; null to end it in any case.</param>
    /// <param name="cancellationToken">Cancels before the end is decided.</param>
    /// <returns>The rollout as it is now, null for none; and whether this end is the first.</returns>
    public Task<(RecordedRollout? Rollout, bool IsFirst)> EndAsync(
        RolloutName name, RecordedEnd end, DateTimeOffset? idleSince, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var changed = await session.ExecuteAsync(
                    """
                    UPDATE rollouts SET state = 'Ending', ending = @end
                    WHERE rollout = @rollout AND attempt = @attempt AND state = 'Open' AND touched <= @since
                    """,
                    [.. Key(name), ("end", Write(end)), ("since", idleSince?.ToUnixTimeMilliseconds() ?? long.MaxValue)]);
                var now = await session.QueryAsync("SELECT * FROM rollouts WHERE rollout = @rollout AND attempt = @attempt", Read, Key(name));
                return (now.FirstOrDefault(), changed > 0);
            },
            cancellationToken);

    /// <summary>Notes that a rollout's trajectories are kept.</summary>
    public Task SetEndedAsync(RolloutName name) => database.WriteAsync(
        session => session.ExecuteAsync("UPDATE rollouts SET state = 'Ended' WHERE rollout = @rollout AND attempt = @attempt", Key(name)),
        CancellationToken.None);

    /// <summary>Deletes the rollouts that ended, with their calls and events; their trajectories are in the folder.</summary>
    /// <param name="before">Those that nobody touched since.</param>
    public Task DeleteEndedAsync(DateTimeOffset before) => database.WriteAsync(
        async session =>
        {
            const string Old = "state = 'Ended' AND touched < @before";
            (string, object?)[] values = [("before", before.ToUnixTimeMilliseconds())];
            foreach (var table in (string[])["calls", "events"])
            {
                await session.ExecuteAsync($"DELETE FROM {table} WHERE (rollout, attempt) IN (SELECT rollout, attempt FROM rollouts WHERE {Old})", values);
            }

            return await session.ExecuteAsync($"DELETE FROM rollouts WHERE {Old}", values);
        },
        CancellationToken.None);

    private const string CallsOf = "FROM calls WHERE rollout = @rollout AND attempt = @attempt ORDER BY sequence";

    private async Task RequireOpenAsync(Database.Session session, RolloutName name)
    {
        if (await session.ExecuteAsync(
            "UPDATE rollouts SET touched = @now WHERE rollout = @rollout AND attempt = @attempt AND state = 'Open'", [.. Key(name), ("now", Now)]) == 0)
        {
            throw new RefusedException(409, "This rollout has ended: take a new attempt.");
        }
    }

    private static (string Name, object? Value)[] Key(RolloutName name) => [("rollout", name.Rollout), ("attempt", name.Attempt)];

    private static RecordedRollout Read(DbDataReader row) => new(
        new(row.Text("rollout"), row.Text("attempt")), row.Text("owner") is { Length: > 0 } owner ? owner : null, Enum.Parse<RolloutState>(row.Text("state")),
        Read<RecordedTask>(row.Text("task")), row.TextOrNull("ending") is { } end ? Read<RecordedEnd>(end) : null);

    private static RecordedEvent ReadEvent(DbDataReader row) => new(row.Text("kind"), row.Text("data"), row.Time("at"));

    private static CallLink ReadLink(DbDataReader row) => new(
        (int)row.Number("sequence"), (int?)row.NumberOrNull("parent"), row.Text("ask_hash"), row.Text("end_hash"))
    {
        Prompt = Values<int>(row, "prompt"), Sampled = Values<int>(row, "sampled"),
    };

    private static RecordedCall ReadCall(DbDataReader row) => new(
        (int)row.Number("sequence"), (int?)row.NumberOrNull("parent"), Read<List<RecordedMessage>>(row.Text("messages")),
        Read<RecordedMessage>(row.Text("answer")), row.Text("ask_hash"), row.Text("end_hash"), Read<CallDetails>(row.Text("details")))
    {
        Prompt = Values<int>(row, "prompt"), Sampled = Values<int>(row, "sampled"), LogProbs = Values<float>(row, "log_probs"),
    };

    private static T[]? Values<T>(DbDataReader row, string column)
        where T : unmanaged => row.BytesOrNull(column) is { } bytes ? MemoryMarshal.Cast<byte, T>(bytes).ToArray() : null;

    private static byte[]? Bytes<T>(IReadOnlyList<T>? values)
        where T : unmanaged => values is null ? null : MemoryMarshal.AsBytes<T>([.. values]).ToArray();

    private string Write<T>(T value) => secrets.MaskValues(JsonSerializer.Serialize(value, RecordedMessage.Json));

    private static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, RecordedMessage.Json)!;
}
