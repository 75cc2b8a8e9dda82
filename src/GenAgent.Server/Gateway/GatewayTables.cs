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
        database.QueryAsync(CallsOf, ReadCall, cancellationToken, Key(name));

    /// <summary>The rewards and events of a rollout, in order.</summary>
    public Task<List<RecordedEvent>> EventsAsync(RolloutName name, CancellationToken cancellationToken) => database.QueryAsync(
        "SELECT * FROM events WHERE rollout = @rollout AND attempt = @attempt ORDER BY sequence", ReadEvent, cancellationToken, Key(name));

    /// <summary>Keeps a call of a rollout that is open.</summary>
    /// <param name="name">The rollout.</param>
    /// <param name="make">Makes the call from those before it; its number is the next.</param>
    /// <param name="most">The most calls.</param>
    /// <exception cref="RefusedException">The rollout has ended, or has too many calls.</exception>
    public Task<RecordedCall> AddCallAsync(RolloutName name, Func<CallTree, int, RecordedCall> make, int most) => database.WriteAsync(
        async session =>
        {
            await RequireOpenAsync(session, name);
            var tree = new CallTree(await session.QueryAsync(CallsOf, ReadCall, Key(name)));
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
            var events = await session.QueryAsync(
                "SELECT * FROM events WHERE rollout = @rollout AND attempt = @attempt ORDER BY sequence", ReadEvent, Key(name));
            var written = secrets.MaskValues(data);
            if (events.LastOrDefault(one => string.Equals(one.Kind, kind, StringComparison.Ordinal))?.Data is { } last
                && string.Equals(last, written, StringComparison.Ordinal)) return false;
            await RequireOpenAsync(session, name);
            if (events.Count >= most) throw new RefusedException(429, $"This rollout has {most} rewards and events already (Gateway:EventsPerRollout).");
            await session.ExecuteAsync(
                "INSERT INTO events (rollout, attempt, sequence, kind, data, at) VALUES (@rollout, @attempt, @sequence, @kind, @data, @now)",
                [.. Key(name), ("sequence", events.Count + 1), ("kind", kind), ("data", written), ("now", Now)]);
            return true;
        },
        cancellationToken);

    /// <summary>Decides a rollout's end: from here on it takes no calls and rewards. A second end changes nothing.</summary>
    /// <returns>The rollout as it is now, null for none; and whether this end is the first.</returns>
    public Task<(RecordedRollout? Rollout, bool IsFirst)> EndAsync(RolloutName name, RecordedEnd end, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var changed = await session.ExecuteAsync(
                    "UPDATE rollouts SET state = 'Ending', ending = @end WHERE rollout = @rollout AND attempt = @attempt AND state = 'Open'",
                    [.. Key(name), ("end", Write(end))]);
                var now = await session.QueryAsync("SELECT * FROM rollouts WHERE rollout = @rollout AND attempt = @attempt", Read, Key(name));
                return (now.FirstOrDefault(), changed > 0);
            },
            cancellationToken);

    /// <summary>Notes that a rollout's trajectories are kept.</summary>
    public Task SetEndedAsync(RolloutName name) => database.WriteAsync(
        session => session.ExecuteAsync("UPDATE rollouts SET state = 'Ended' WHERE rollout = @rollout AND attempt = @attempt", Key(name)),
        CancellationToken.None);

    private const string CallsOf = "SELECT * FROM calls WHERE rollout = @rollout AND attempt = @attempt ORDER BY sequence";

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
        Read<RecordedTask>(row.Text("task")), row.TextOrNull("ending") is { } end ? Read<RecordedEnd>(end) : null, row.Time("created"), row.Time("touched"));

    private static RecordedEvent ReadEvent(DbDataReader row) => new(row.Text("kind"), row.Text("data"), row.Time("at"));

    private static RecordedCall ReadCall(DbDataReader row) => new(
        (int)row.Number("sequence"), (int?)row.NumberOrNull("parent"), Read<List<RecordedMessage>>(row.Text("messages")),
        Read<RecordedMessage>(row.Text("answer")), row.Text("ask_hash"), row.Text("end_hash"), Read<CallDetails>(row.Text("details")))
    {
        Prompt = row.BytesOrNull("prompt") is { } prompt ? MemoryMarshal.Cast<byte, int>(prompt).ToArray() : null,
        Sampled = row.BytesOrNull("sampled") is { } sampled ? MemoryMarshal.Cast<byte, int>(sampled).ToArray() : null,
        LogProbs = row.BytesOrNull("log_probs") is { } logs ? MemoryMarshal.Cast<byte, float>(logs).ToArray() : null,
    };

    private static byte[]? Bytes<T>(IReadOnlyList<T>? values)
        where T : unmanaged => values is null ? null : MemoryMarshal.AsBytes<T>([.. values]).ToArray();

    private string Write<T>(T value) => secrets.MaskValues(JsonSerializer.Serialize(value, RecordedMessage.Json));

    private static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, RecordedMessage.Json)!;
}
