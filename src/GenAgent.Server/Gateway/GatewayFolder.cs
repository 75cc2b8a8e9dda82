using GenAgent.Hosting;
using GenAgent.Server.Storage;
using GenAgent.Telemetry;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>
/// The gateway's folder below the data folder: open rollouts in a SQLite file, images by content, and the trajectories of ended rollouts, as every other
/// folder of trajectories has them. One process at a time has it.
/// </summary>
internal sealed class GatewayFolder : IAsyncDisposable
{
    private const string FileName = "gateway.db";

    private GatewayFolder(TrajectoryStore store, Database database) => (Store, Database) = (store, database);

    /// <summary>Trajectories and images.</summary>
    public TrajectoryStore Store { get; }

    /// <summary>Open rollouts.</summary>
    public Database Database { get; }

    /// <summary>Where it is.</summary>
    public static string PathOf(ServerOptions options, HostEnvironment host) => Path.Combine(host.FullPath(options.Data), "gateway");

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    /// <exception cref="IOException">The folder cannot be written to, or another process has it.</exception>
    public static async Task<GatewayFolder> OpenAsync(string path, SecretMask secrets, CancellationToken cancellationToken)
    {
        var store = await TrajectoryStore.OpenAsync(path, secrets, cancellationToken);
        try
        {
            return new(store, await DatabaseFactory.OpenFileAsync(Path.Combine(path, FileName), GatewayTables.Schema, cancellationToken));
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Store.DisposeAsync();
    }
}
