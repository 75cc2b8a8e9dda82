using GenAgent.Running.Sharing;
using GenAgent.Server.Work;

namespace GenAgent.Server.Tests.Work;

/// <summary>One PostgreSQL for the tests of a class, where the system has one.</summary>
public sealed class PostgresBoard : IAsyncLifetime
{
    private Postgres? _postgres;

    public async ValueTask InitializeAsync() => _postgres = await Postgres.TryStartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    public Task<ITaskBoard> OpenAsync()
    {
        if (_postgres is null) Assert.Skip("There is no PostgreSQL on this system (apt-get install postgresql).");
        return TaskBoards.OpenAsync(_postgres!.Url, password: null);
    }
}
