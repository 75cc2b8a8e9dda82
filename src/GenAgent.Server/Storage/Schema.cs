namespace GenAgent.Server.Storage;

/// <summary>The tables, in the SQL that SQLite and PostgreSQL share. Times are Unix milliseconds.</summary>
internal static class Schema
{
    /// <summary>The tables of <c>genagent serve</c>.</summary>
    public static IReadOnlyList<string> Server { get; } =
    [
        """
        CREATE TABLE IF NOT EXISTS jobs (
            id TEXT PRIMARY KEY, state TEXT NOT NULL, priority INTEGER NOT NULL, owner TEXT NOT NULL, idempotency TEXT,
            request TEXT NOT NULL, digest TEXT NOT NULL,
            samples TEXT, error TEXT,
            count INTEGER NOT NULL, created BIGINT NOT NULL, started BIGINT, finished BIGINT,
            attempts INTEGER NOT NULL, lease TEXT, leased_until BIGINT, cancel INTEGER NOT NULL, last BIGINT NOT NULL,
            webhook INTEGER NOT NULL, webhook_at BIGINT)
        """,
        "CREATE UNIQUE INDEX IF NOT EXISTS jobs_idempotency ON jobs (owner, idempotency)",
        "CREATE INDEX IF NOT EXISTS jobs_queue ON jobs (state, priority DESC, id)",
        "CREATE INDEX IF NOT EXISTS jobs_owner ON jobs (owner, created)",
        "CREATE INDEX IF NOT EXISTS jobs_webhook ON jobs (webhook, webhook_at)",
        "CREATE TABLE IF NOT EXISTS inputs (job TEXT NOT NULL, position INTEGER NOT NULL, image BYTEA NOT NULL, PRIMARY KEY (job, position))",
        """
        CREATE TABLE IF NOT EXISTS events (
            job TEXT NOT NULL, sequence BIGINT NOT NULL, sample INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (job, sequence))
        """,
        """
        CREATE TABLE IF NOT EXISTS keys (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, scopes TEXT NOT NULL, per_minute INTEGER, images_per_day INTEGER,
            created BIGINT NOT NULL, revoked BIGINT)
        """,
        "CREATE TABLE IF NOT EXISTS audit (at BIGINT NOT NULL, owner TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, address TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS audit_at ON audit (at)",
        """
        CREATE TABLE IF NOT EXISTS shared_runs (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, version TEXT NOT NULL, manifest TEXT NOT NULL, description TEXT NOT NULL,
            created BIGINT NOT NULL, owner TEXT, owned_until BIGINT NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS shared_tasks (
            run TEXT NOT NULL, key TEXT NOT NULL, position BIGINT NOT NULL, state TEXT NOT NULL, worker TEXT, lease BIGINT, leased_until BIGINT,
            attempts INTEGER NOT NULL, failures INTEGER NOT NULL, failed_by TEXT, result BYTEA, failure TEXT, PRIMARY KEY (run, key))
        """,
        "CREATE INDEX IF NOT EXISTS shared_tasks_queue ON shared_tasks (run, state, position)",
    ];

    public static Task CreateAsync(Database database, IReadOnlyList<string> statements, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Two processes that start on an empty database take turns: CREATE IF NOT EXISTS alone is not safe against that.
            if (database.IsPostgres) await session.ExecuteAsync("SELECT pg_advisory_xact_lock(715517)");
            foreach (var statement in statements) await session.ExecuteAsync(statement);
            return true;
        },
        cancellationToken);
}
