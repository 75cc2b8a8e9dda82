using System.Globalization;
using GenAgent.Hosting;
using GenAgent.Telemetry;
using GenAgent.Trajectories;

namespace GenAgent.Server.Storage;

/// <summary>
/// The server's folder: <c>runs/DATE-N</c> holds the trajectories and images of one process of one day. Several processes may share it. Safe to use from many
/// tasks at once.
/// </summary>
internal sealed class DataFolder(ServerOptions options, HostEnvironment host, SecretMask secrets) : IAsyncDisposable
{
    private const int MostProcesses = 1000;
    private const long BytesAMegabyte = 1 << 20;

    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly List<TrajectoryStore> _older = [];
    private TrajectoryStore? _store;
    private string? _day;

    public string Path { get; } = host.FullPath(options.Data);

    /// <summary>The folder of runs.</summary>
    public string Runs => System.IO.Path.Combine(Path, "runs");

    /// <summary>The store that this process writes to today.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public async Task<TrajectoryStore> StoreAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            var today = host.Time.GetUtcNow().ToString("yyyyMMdd", CultureInfo.InvariantCulture);
            if (_store is not null && string.Equals(_day, today, StringComparison.Ordinal)) return _store;

            // Runs that began yesterday may still write there.
            if (_store is not null) _older.Add(_store);
            (_store, _day) = (await OpenAsync(today, cancellationToken), today);
            return _store;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Keeps an image that a run has just made.</summary>
    public static void KeepImage(TrajectoryStore store, ImageReference reference, ReadOnlyMemory<byte> content)
    {
        var file = new TrajectoryFolder(store.Folder).ImageFile(reference);
        if (File.Exists(file)) return;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        GenAgent.Storage.AtomicFile.Write(file, content, toDisk: false);
    }

    /// <summary>Megabytes free on the disk of the folder.</summary>
    public long FreeMegabytes => new DriveInfo(Path).AvailableFreeSpace / BytesAMegabyte;

    /// <summary>Refuses what would fill the disk.</summary>
    /// <exception cref="RefusedException">The disk is nearly full.</exception>
    public void RequireRoom()
    {
        if (FreeMegabytes < options.FreeMegabytes)
        {
            throw new RefusedException(507, "The server's disk is nearly full: nothing new is taken until there is room.") { RetryAfter = 300 };
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        foreach (var store in _older) await store.DisposeAsync();
        _opening.Dispose();
    }

    // The first folder of the day that no other process holds; one of a killed process is taken up again.
    private async Task<TrajectoryStore> OpenAsync(string day, CancellationToken cancellationToken)
    {
        for (var number = 1; ; number++)
        {
            try
            {
                return await TrajectoryStore.OpenAsync(
                    System.IO.Path.Combine(Runs, string.Create(CultureInfo.InvariantCulture, $"{day}-{number}")), secrets, cancellationToken);
            }
            catch (FolderInUseException) when (number < MostProcesses)
            {
                // The next number.
            }
        }
    }
}
