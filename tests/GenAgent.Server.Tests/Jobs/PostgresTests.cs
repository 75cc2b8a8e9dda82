namespace GenAgent.Server.Tests.Jobs;

/// <summary>The same jobs on PostgreSQL, where the system has one.</summary>
public sealed class PostgresTests
{
    [Fact]
    public async Task Two_servers_share_a_PostgreSQL_database_and_each_job_ends_once()
    {
        await using var postgres = await Postgres.TryStartAsync();
        if (postgres is null) Assert.Skip("There is no PostgreSQL on this system (apt-get install postgresql).");
        await SharedDatabase.CheckAsync([$"Server:Database={postgres!.Url}"]);
    }
}
