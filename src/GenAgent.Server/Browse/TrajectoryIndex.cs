using System.Collections.Concurrent;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Browse;

/// <summary>
/// The trajectories below some folders, read once and followed as they grow; other processes may write to them. What is deleted disappears. Safe to use from
/// many tasks at once.
/// </summary>
internal sealed class TrajectoryIndex(IReadOnlyList<IndexRoot> roots, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FoldersEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FilesEvery = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly Dictionary<string, IndexedFolder> _folders = new(StringComparer.Ordinal);
    private long? _foldersAt;
    private long? _filesAt;
    private volatile IndexSnapshot _snapshot = IndexSnapshot.Empty;

    /// <summary>What there is, newest first.</summary>
    public async Task<IndexSnapshot> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_filesAt is { } at && time.GetElapsedTime(at) < FilesEvery) return _snapshot;
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            if (_filesAt is null || time.GetElapsedTime(_filesAt.Value) >= FilesEvery) await Task.Run(Refresh, CancellationToken.None);
            return _snapshot;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>A whole trajectory; null if there is none of that id.</summary>
    public async Task<Trajectory?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        if ((await FindAsync(id, cancellationToken)) is not { } found) return null;
        await using var file = new FileStream(
            Path.Combine(
                found.Folder, TrajectoryFolder.FileName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1,
                FileOptions.Asynchronous);
        file.Position = found.Offset;
        var line = new byte[found.Length];
        await file.ReadExactlyAsync(line, cancellationToken);
        return TrajectoryJson.Read(line);
    }

    /// <summary>Where a trajectory stands; null if there is none of that id.</summary>
    public async Task<IndexedTrajectory?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if ((await CurrentAsync(cancellationToken)).ById.GetValueOrDefault(id) is { } known) return known;

        // It may have been written since.
        (_filesAt, _foldersAt) = (null, null);
        return (await CurrentAsync(cancellationToken)).ById.GetValueOrDefault(id);
    }

    /// <summary>An image of a trajectory, or of a run under way; null if there is none of that id, or it is damaged.</summary>
    /// <param name="id">64 hexadecimal digits; anything else is no image.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<DataContent?> ReadImageAsync(string id, CancellationToken cancellationToken)
    {
        if (!ImageReference.IsId(id)) return null;
        var snapshot = await CurrentAsync(cancellationToken);
        var known = snapshot.Images.TryGetValue(id, out var place);
        var places = known
            ? [(place!.Folder, place.MediaType)] : (await FoldersAsync(cancellationToken)).SelectMany(folder => MediaTypes.Select(type => (folder, type)));
        foreach (var (folder, mediaType) in places)
        {
            var (images, reference) = (new TrajectoryFolder(folder), new ImageReference(id, mediaType, 0, 0, 0, null));
            if (!File.Exists(images.ImageFile(reference))) continue;
            try
            {
                return await images.ReadImageAsync(reference, cancellationToken);
            }
            catch (InvalidDataException)
            {
                // Damaged here; another folder may have it whole.
            }
        }

        return null;
    }

    public void Dispose() => _refreshing.Dispose();

    private static readonly string[] MediaTypes = ["image/png", "image/jpeg", "image/webp"];

    private async Task<IReadOnlyList<string>> FoldersAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            FindFolders();
            return [.. _folders.Keys.OrderByDescending(path => path, StringComparer.Ordinal)];
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private void Refresh()
    {
        var changed = false;
        if (_foldersAt is null || time.GetElapsedTime(_foldersAt.Value) >= FoldersEvery) changed = FindFolders();
        var grown = new ConcurrentBag<bool>();
        Parallel.ForEach(_folders.Values, folder => grown.Add(folder.Refresh()));
        if (changed || grown.Any(one => one)) _snapshot = IndexSnapshot.Of(_folders.Values);
        _filesAt = time.GetTimestamp();
    }

    private bool FindFolders()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var root in roots.Where(root => Directory.Exists(root.Path)))
        {
            foreach (var folder in FolderWalk.Find(root.Path, [TrajectoryFolder.FileName])) found.TryAdd(folder, root.NameOf(folder));
        }

        var gone = _folders.Keys.Except(found.Keys, StringComparer.Ordinal).ToList();
        gone.ForEach(path => _folders.Remove(path));
        foreach (var (path, source) in found) _folders.TryAdd(path, new(path, source));
        _foldersAt = time.GetTimestamp();
        return gone.Count > 0;
    }
}

/// <summary>A folder below which trajectories are looked for.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Name">What it is called.</param>
internal sealed record IndexRoot(string Path, string Name)
{
    /// <summary>What a folder below it is called: never a path of this machine.</summary>
    public string NameOf(string folder)
    {
        var relative = System.IO.Path.GetRelativePath(Path, folder).Replace('\\', '/');
        return relative is "." ? Name : Name.Length == 0 ? relative : $"{Name}/{relative}";
    }
}
