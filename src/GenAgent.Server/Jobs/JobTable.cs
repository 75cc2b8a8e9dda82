using System.Data.Common;
using System.Text.Json;
using GenAgent.Server.Storage;

namespace GenAgent.Server.Jobs;

/// <summary>
/// The table of jobs. A worker holds a job by a lease: its every write names the lease, and changes nothing once the lease is another's. A job ends by one
/// statement, together with its last event.
/// </summary>
internal sealed class JobTable(Database database, TimeProvider time)
{
    private const string Columns = "id, state, request, samples, error, created, started, finished, attempts";

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Keeps a new job; or finds that of the same owner and idempotency key, with the digest of its request.</summary>
    public Task<(Job Job, string Digest, bool IsNew)> InsertAsync(
        Job job, string digest, IReadOnlyList<ReadOnlyMemory<byte>> images, JobEvent first, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var request = job.Request;
            var inserted = await session.ExecuteAsync(
                """
                INSERT INTO jobs (id, state, priority, owner, idempotency, request, digest, count, created, attempts, cancel, last, webhook)
                VALUES (@id, 'queued', @priority, @owner, @key, @request, @digest, @count, @now, 0, 0, 1, @webhook) ON CONFLICT (owner, idempotency) DO NOTHING
                """,
                ("id", job.Id), ("priority", request.Priority), ("owner", request.Owner ?? string.Empty), ("key", request.IdempotencyKey),
                ("request", JsonSerializer.Serialize(request, ServerJson.Options)), ("digest", digest), ("count", request.Count), ("now", Now),
                    ("webhook", request.Webhook is null ? 0 : 1));
            if (inserted == 0)
            {
                var earlier = await session.QueryAsync(
                    $"SELECT {Columns}, digest FROM jobs WHERE owner = @owner AND idempotency = @key", row => (Read(row), row.Text("digest"), false),
                    ("owner", request.Owner ?? string.Empty), ("key", request.IdempotencyKey));
                return earlier[0];
            }

            foreach (var (position, image) in images.Index())
            {
                await session.ExecuteAsync(
                    "INSERT INTO inputs (job, position, image) VALUES (@job, @position, @image)", ("job", job.Id), ("position", position),
                    ("image", image.ToArray()));
            }

            await AddAsync(session, job.Id, first);
            return (job, digest, true);
        },
        cancellationToken);

    public async Task<Job?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await database.QueryAsync($"SELECT {Columns} FROM jobs WHERE id = @id", Read, cancellationToken, ("id", id))).FirstOrDefault();

    public Task<List<Job>> ListAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        var (where, values) = (new List<string> { "1 = 1" }, new List<(string, object?)> { ("limit", filter.Limit) });
        if (filter.State is { } state) Add("state = @state", "state", Word(state));
        if (filter.Owner is { } owner) Add("owner = @owner", "owner", owner);
        if (filter.Before is { } before) Add("id < @before", "before", before);
        return database.QueryAsync(
            $"SELECT {Columns} FROM jobs WHERE {string.Join(" AND ", where)} ORDER BY id DESC LIMIT @limit", Read, cancellationToken, [.. values]);

        void Add(string condition, string name, object value)
        {
            where.Add(condition);
            values.Add((name, value));
        }
    }

    /// <summary>Takes the next job: one that waits, or whose worker's lease has run out. Owners that run as many as they may are passed over.</summary>
    public async Task<ClaimedJob?> ClaimAsync(string lease, TimeSpan term, int runningPerKey, CancellationToken cancellationToken)
    {
        var now = Now;
        (string, object?)[] values = [("now", now), ("most", runningPerKey), ("lease", lease), ("until", now + (long)term.TotalMilliseconds)];
        const string Free = "(state = 'queued' OR (state = 'running' AND leased_until < @now))";
        const string Room =
            "(SELECT COUNT(*) FROM jobs running WHERE running.state = 'running' AND running.owner = jobs.owner AND running.leased_until >= @now) < @most";

        // Asked first by reading alone: an idle server writes nothing.
        if ((await database.QueryAsync($"SELECT id FROM jobs WHERE {Free} LIMIT 1", row => row.GetString(0), cancellationToken, values[..1])).Count == 0)
        {
            return null;
        }
        return (await database.WriteAsync(
            session => session.QueryAsync(
                $"""
                UPDATE jobs SET state = 'running', lease = @lease, leased_until = @until, started = COALESCE(started, @now), attempts = attempts + 1
                WHERE id = (SELECT id FROM jobs WHERE {Free} AND {Room} ORDER BY priority DESC, id LIMIT 1 {database.SkipLocked})
                RETURNING {Columns}, cancel, last
                """,
                row => new ClaimedJob(Read(row), lease, row.Number("last"), row.Number("cancel") != 0), values),
            cancellationToken)).FirstOrDefault();
    }

    public Task<List<byte[]>> InputsAsync(string id, CancellationToken cancellationToken) =>
        database.QueryAsync("SELECT image FROM inputs WHERE job = @id ORDER BY position", row => (byte[])row.GetValue(0), cancellationToken, ("id", id));

    /// <summary>Adds events and prolongs the lease.</summary>
    /// <returns>Whether the job is to be cancelled; null if the lease is lost, and nothing was written.</returns>
    public Task<bool?> AppendAsync(string id, string lease, IReadOnlyList<JobEvent> events, long last, TimeSpan term, CancellationToken cancellationToken) =>
        database.WriteAsync<bool?>(
        async session =>
        {
            var cancel = await session.QueryAsync(
                "UPDATE jobs SET last = @last, leased_until = @until WHERE id = @id AND lease = @lease AND state = 'running' RETURNING cancel",
                row => row.Number("cancel") != 0, ("last", last), ("until", Now + (long)term.TotalMilliseconds), ("id", id), ("lease", lease));
            if (cancel.Count == 0) return null;
            foreach (var happened in events) await AddAsync(session, id, happened);
            return cancel[0];
        },
        cancellationToken);

    /// <summary>Ends a job with its last event.</summary>
    /// <returns>False if the lease is lost, and nothing was written.</returns>
    public Task<bool> FinishAsync(
        string id, string lease, JobState state, string? error, IReadOnlyList<JobSample> samples, JobEvent last, CancellationToken cancellationToken) =>
        database.WriteAsync(
        async session =>
        {
            var changed = await session.ExecuteAsync(
                """
                UPDATE jobs SET state = @state, error = @error, samples = @samples, finished = @now, last = @last,
                    lease = NULL, leased_until = NULL, webhook_at = @now
                WHERE id = @id AND lease = @lease AND state = 'running'
                """,
                ("state", Word(state)), ("error", error), ("samples", JsonSerializer.Serialize(samples, ServerJson.Options)), ("now", Now),
                    ("last", last.Sequence), ("id", id), ("lease", lease));
            if (changed == 0) return false;
            await AddAsync(session, id, last);
            return true;
        },
        cancellationToken);

    /// <summary>Gives a job back that did not end; the attempt does not count.</summary>
    public Task<bool> RequeueAsync(string id, string lease, JobEvent told, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var changed = await session.ExecuteAsync(
                """
                UPDATE jobs SET state = 'queued', lease = NULL, leased_until = NULL, attempts = attempts - 1, last = @last
                WHERE id = @id AND lease = @lease AND state = 'running'
                """,
                ("last", told.Sequence), ("id", id), ("lease", lease));
            if (changed > 0) await AddAsync(session, id, told);
            return changed > 0;
        },
        cancellationToken);

    /// <summary>Ends a job that waits, and marks one that runs.</summary>
    /// <returns>False if there is none, or it is over.</returns>
    public Task<bool> CancelAsync(string id, Func<long, JobEvent> last, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var ended = await session.QueryAsync(
                """
                UPDATE jobs SET state = 'cancelled', cancel = 1, finished = @now, last = last + 1, webhook_at = @now
                WHERE id = @id AND state = 'queued' RETURNING last
                """,
                row => row.Number("last"), ("id", id), ("now", Now));
            if (ended.Count == 0) return await session.ExecuteAsync("UPDATE jobs SET cancel = 1 WHERE id = @id AND state = 'running'", ("id", id)) > 0;
            await AddAsync(session, id, last(ended[0]));
            return true;
        },
        cancellationToken);

    public Task<List<JobEvent>> EventsAsync(string id, long after, int limit, CancellationToken cancellationToken) => database.QueryAsync(
        "SELECT sequence, sample, kind, data FROM events WHERE job = @id AND sequence > @after ORDER BY sequence LIMIT @limit",
        row => new JobEvent(
            row.Number("sequence"), (int)row.Number("sample"), row.Text("kind"), row.Text("data")), cancellationToken, ("id", id), ("after", after),
            ("limit", limit));

    /// <summary>The last sequence number of each of some jobs.</summary>
    public Task<List<(string Id, long Last)>> LastEventsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) => database.QueryAsync(
        $"SELECT id, last FROM jobs WHERE id IN ({string.Join(", ", ids.Select((_, index) => $"@p{index}"))})",
        row => (row.Text("id"), row.Number("last")), cancellationToken, [.. ids.Select((id, index) => ($"p{index}", (object?)id))]);

    /// <summary>How many jobs wait: in all, and of an owner.</summary>
    public async Task<(long All, long Own)> WaitingAsync(string owner, CancellationToken cancellationToken) => (await database.QueryAsync(
        "SELECT COUNT(*) AS total, COALESCE(SUM(CASE WHEN owner = @owner THEN 1 ELSE 0 END), 0) AS own FROM jobs WHERE state = 'queued'",
        row => (row.Number("total"), row.Number("own")), cancellationToken, ("owner", owner)))[0];

    /// <summary>How many samples an owner has asked for since a time.</summary>
    public async Task<long> SamplesSinceAsync(string owner, DateTimeOffset since, CancellationToken cancellationToken) => (await database.QueryAsync(
        "SELECT COALESCE(SUM(count), 0) AS samples FROM jobs WHERE owner = @owner AND created >= @since",
        row => row.Number("samples"), cancellationToken, ("owner", owner), ("since", since.ToUnixTimeMilliseconds())))[0];

    /// <summary>Deletes jobs that ended before a time, with their events and inputs, and notes of the audit log.</summary>
    public Task<int> DeleteFinishedAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            const string Old = "SELECT id FROM jobs WHERE finished < @before";
            var value = ("before", (object?)before.ToUnixTimeMilliseconds());
            await session.ExecuteAsync($"DELETE FROM events WHERE job IN ({Old})", value);
            await session.ExecuteAsync($"DELETE FROM inputs WHERE job IN ({Old})", value);
            await session.ExecuteAsync("DELETE FROM audit WHERE at < @before", value);
            return await session.ExecuteAsync("DELETE FROM jobs WHERE finished < @before", value);
        },
        cancellationToken);

    private static Task<int> AddAsync(Database.Session session, string job, JobEvent happened) => session.ExecuteAsync(
        "INSERT INTO events (job, sequence, sample, kind, data) VALUES (@job, @sequence, @sample, @kind, @data)",
        ("job", job), ("sequence", happened.Sequence), ("sample", happened.Sample), ("kind", happened.Kind), ("data", happened.Json));

    private static Job Read(DbDataReader row) => new(
        row.Text("id"), Enum.Parse<JobState>(row.Text("state"), ignoreCase: true), JsonSerializer.Deserialize<JobRequest>(
            row.Text("request"), ServerJson.Options)!)
    {
        Created = row.Time("created"),
        Started = row.TimeOrNull("started"),
        Finished = row.TimeOrNull("finished"),
        Error = row.TextOrNull("error"),
        Samples = row.TextOrNull("samples") is { } samples ? JsonSerializer.Deserialize<List<JobSample>>(samples, ServerJson.Options)! : [],
        Attempts = (int)row.Number("attempts"),
    };

    private static string Word(JobState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());
}

/// <summary>A job that a worker holds.</summary>
/// <param name="Job">The job.</param>
/// <param name="Lease">The lease's name.</param>
/// <param name="Last">The sequence number of its last event.</param>
/// <param name="IsCancelled">Whether it was cancelled before.</param>
internal sealed record ClaimedJob(Job Job, string Lease, long Last, bool IsCancelled);
