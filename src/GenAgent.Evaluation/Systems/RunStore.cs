using System.Collections.Concurrent;
using GenAgent.Agents;
using GenAgent.Evaluation.Runs;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>
/// A trajectory store that finds runs by prompt and index. Runs that were kept before it was opened are found too, unless their line was half-written.
/// </summary>
public sealed class RunStore : IAsyncDisposable
{
    private readonly TrajectoryStore _store;
    private readonly TrajectoryFolder _folder;
    private readonly ConcurrentDictionary<string, Trajectory> _kept;

    private RunStore(TrajectoryStore store, TrajectoryFolder folder, ConcurrentDictionary<string, Trajectory> kept) =>
        (_store, _folder, _kept) = (store, folder, kept);

    /// <summary>What this folder is called below the evaluation's: samples then name its images instead of keeping them once more. Null to keep them.</summary>
    public string? Place { get; init; }

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mask">Blots out secrets; null for the forms that are known.</param>
    /// <param name="place">The value of <see cref="Place"/>.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <returns>The store; the caller disposes it.</returns>
    /// <exception cref="IOException">The folder cannot be written to, or another process writes to it.</exception>
    public static async Task<RunStore> OpenAsync(string folder, SecretMask? mask = null, string? place = null, CancellationToken cancellationToken = default)
    {
        var store = await TrajectoryStore.OpenAsync(folder, mask, cancellationToken);
        try
        {
            var reader = new TrajectoryFolder(folder);
            ConcurrentDictionary<string, Trajectory> kept = new(StringComparer.Ordinal);
            await foreach (var trajectory in reader.ReadAllAsync(cancellationToken: cancellationToken))
            {
                if (trajectory.Task?.Key is { } key)
                    kept.TryAdd(key, trajectory with { Trace = null });
            }

            return new(store, reader, kept) { Place = place };
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>The run that is kept for this image; null where there is none.</summary>
    /// <param name="promptId">The prompt's id.</param>
    /// <param name="index">Which image of the prompt, from 0.</param>
    /// <returns>The run, or null.</returns>
    public Trajectory? Find(string promptId, int index) => _kept.GetValueOrDefault(SampleTask.KeyOf(promptId, index));

    /// <summary>Where an image lies below the evaluation's folder; null where that is nobody's business.</summary>
    /// <param name="image">The image.</param>
    /// <returns>A path with <c>/</c>, or null.</returns>
    public string? PlaceOf(ImageReference image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Place is null ? null : $"{Place}/{image.Path()}";
    }

    /// <summary>Reads an image of a kept run.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The image's bytes.</returns>
    /// <exception cref="InvalidDataException">The image was changed or damaged.</exception>
    public Task<DataContent> ReadImageAsync(ImageReference image, CancellationToken cancellationToken = default) =>
        _folder.ReadImageAsync(image, cancellationToken);

    /// <summary>Keeps a run, which is found from now on.</summary>
    /// <param name="result">The run.</param>
    /// <param name="cancellationToken">Gives up waiting for other writers.</param>
    /// <exception cref="IOException">It could not be written; what was kept before is whole.</exception>
    public async Task KeepAsync(AgentResult result, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        await _store.AppendAsync(result, cancellationToken);
        if (result.Trajectory.Task?.Key is { } key)
            _kept.TryAdd(key, result.Trajectory with { Trace = null });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
