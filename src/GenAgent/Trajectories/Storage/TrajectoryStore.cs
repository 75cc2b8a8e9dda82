using GenAgent.Agents;
using GenAgent.Storage;
using GenAgent.Telemetry;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories;

/// <summary>
/// A folder of trajectories that is being written: one a line in <c>trajectories.jsonl</c>, and their images beside it by content. Safe
/// for many writers in one process; a second process is refused. What <see cref="AppendAsync(AgentResult, CancellationToken)"/> has
/// returned from survives a killed process; a line that a killed process left half-written is cut off when the store is opened, and
/// reported. Secrets are removed from what is written.
/// </summary>
public sealed class TrajectoryStore : IAsyncDisposable
{
    private readonly TrajectoryFolder _folder;
    private readonly SecretMask _mask;
    private readonly FolderLock _lock;
    private readonly LineFile _lines;

    private TrajectoryStore(TrajectoryFolder folder, SecretMask mask, FolderLock @lock, LineFile lines)
    {
        (_folder, _mask, _lock, _lines) = (folder, mask, @lock, lines);
    }

    /// <summary>The folder.</summary>
    public string Folder => _folder.Path;

    /// <summary>What was cut off when the store was opened; null when all was whole.</summary>
    public HalfWrittenLine? Recovered => _lines.Cut;

    /// <summary>Opens the folder for appending, and makes it where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mask">Blots out secrets; null for the forms that are known.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <returns>The store; the caller disposes it.</returns>
    /// <exception cref="FolderInUseException">Another process writes to the folder.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static Task<TrajectoryStore> OpenAsync(string folder, SecretMask? mask = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Open(new TrajectoryFolder(folder), mask ?? SecretMask.Default), cancellationToken);

    /// <summary>Keeps a run's images and trajectory. When the task is done, they are on the disk.</summary>
    /// <param name="result">The run with its images.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="IOException">They could not be written, for instance because the disk is full. What was written before is untouched, and the call may
    /// be repeated.</exception>
    public Task AppendAsync(AgentResult result, CancellationToken cancellationToken = default) =>
        AppendAsync(result.Trajectory, result.Images, cancellationToken);

    /// <summary>Keeps a trajectory and its images. When the task is done, they are on the disk.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <param name="images">Images by <see cref="ImageReference.Id"/>; one that the folder has already may be left out.</param>
    /// <param name="cancellationToken">Gives up waiting for other writers.</param>
    /// <exception cref="ArgumentException">The trajectory names an image that is neither given nor in the folder.</exception>
    /// <exception cref="IOException">They could not be written, for instance because the disk is full. What was written before is untouched, and the call may
    /// be repeated.</exception>
    public async Task AppendAsync(
        Trajectory trajectory, IReadOnlyDictionary<string, DataContent> images, CancellationToken cancellationToken = default)
    {
        _lines.RequireFile();
        foreach (var image in trajectory.AllImages)
        {
            await KeepAsync(image, images.GetValueOrDefault(image.Id), trajectory.Id, cancellationToken);
        }

        try
        {
            await _lines.AppendAsync(TrajectoryJson.Write(trajectory, _mask), cancellationToken);
        }
        catch (Exception failure) when (StorageException.IsCause(failure))
        {
            throw new StorageException(
                $"{_folder.TrajectoryFile}: trajectory {trajectory.Id} could not be written", failure, "All that was written before is whole.");
        }
    }

    /// <summary>Reads every trajectory that has been written, in the order of writing.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The trajectories.</returns>
    /// <exception cref="InvalidDataException">A line is no trajectory; the message names file and line.</exception>
    public IAsyncEnumerable<Trajectory> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _folder.ReadAllAsync(badLine: null, cancellationToken);

    /// <summary>Reads an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The image's bytes and media type.</returns>
    /// <exception cref="FileNotFoundException">The image is not there.</exception>
    /// <exception cref="InvalidDataException">The file's content is not what its name says.</exception>
    public Task<DataContent> ReadImageAsync(ImageReference image, CancellationToken cancellationToken = default) =>
        _folder.ReadImageAsync(image, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _lines.DisposeAsync();
        _lock.Dispose();
    }

    private static TrajectoryStore Open(TrajectoryFolder folder, SecretMask mask)
    {
        FolderLock? @lock = null;
        try
        {
            Directory.CreateDirectory(folder.Path);
            @lock = FolderLock.Take(folder.Path);
            var file = new FileStream(folder.TrajectoryFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 1);
            return new TrajectoryStore(folder, mask, @lock, new LineFile(file, IsWhole));
        }
        catch (Exception failure) when (StorageException.IsCause(failure) && failure is not FolderInUseException)
        {
            @lock?.Dispose();
            throw new StorageException($"{folder.Path}: cannot keep trajectories here", failure);
        }
    }

    private static bool IsWhole(ReadOnlyMemory<byte> line)
    {
        try
        {
            return TrajectoryJson.Read(line.Span) is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private async Task KeepAsync(ImageReference image, DataContent? content, string trajectoryId, CancellationToken cancellationToken)
    {
        var file = _folder.ImageFile(image);
        if (File.Exists(file))
        {
            return;
        }

        if (content is null)
        {
            throw new ArgumentException($"Trajectory {trajectoryId} names image {image.Id}, which is neither given nor in {_folder.Path}.", nameof(content));
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await AtomicFile.WriteAsync(file, content.Data, cancellationToken);
        }
        catch (Exception failure) when (StorageException.IsCause(failure))
        {
            throw new StorageException(
                $"{file}: the image could not be written", failure, $"Trajectory {trajectoryId} was not written either; all before it is whole.");
        }
    }
}
