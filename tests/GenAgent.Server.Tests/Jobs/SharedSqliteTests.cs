namespace GenAgent.Server.Tests.Jobs;

/// <summary>Several servers on one SQLite file.</summary>
public sealed class SharedSqliteTests
{
    [Fact]
    public Task Two_servers_share_a_SQLite_database_and_each_job_ends_once() => SharedDatabase.CheckAsync([]);
}
