using System.Globalization;
using GenAgent.Agents;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>A trajectory store that finds runs by prompt and index. Runs that were kept before it was opened are found too, unless their line was half-written.</summary>
public sealed class RunStore : IRunStore, IAsyncDisposable
{
    private readonly TrajectoryStore _store;
    private readonly TrajectoryFolder _folder;
    private readonly Dictionary<string, Trajectory> _kept;

    private RunStore(TrajectoryStore store, TrajectoryFolder folder, Dictionary<string, Trajectory> kept) => (_store, _folder, _kept) = (store, folder, kept);

    /// <summary>What this folder is called below the evaluation's: samples then name its images instead of keeping them once more. Null to keep them.</summary>
    public string? Place { get; init; }

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mask">Blots out secrets; null for the forms that are known.</param>
    /// <param name="place">The value of <see cref="Place"/>.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="IOException">The folder cannot be written to, or another process writes to it.</exception>
    public static async Task<RunStore> OpenAsync(string folder, SecretMask? mask = null, string? place = null, CancellationToken cancellationToken = default)
    {
        var store = await TrajectoryStore.OpenAsync(folder, mask, cancellationToken);
        try
        {
            var reader = new TrajectoryFolder(folder);
            Dictionary<string, Trajectory> kept = new(StringComparer.Ordinal);
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

    /// <inheritdoc/>
    public Trajectory? Find(string promptId, int index) => _kept.GetValueOrDefault(KeyOf(promptId, index));

    /// <inheritdoc/>
    public string? PlaceOf(ImageReference image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Place is null ? null : $"{Place}/{image.Path()}";
    }

    /// <inheritdoc/>
    public Task<DataContent> ReadImageAsync(ImageReference image, CancellationToken cancellationToken = default) => _folder.ReadImageAsync(image, cancellationToken);

    /// <inheritdoc/>
    public Task KeepAsync(AgentResult result, CancellationToken cancellationToken = default) => _store.AppendAsync(result, cancellationToken);

    /// <summary>The key of an image of a prompt: what its run is known by.</summary>
    internal static string KeyOf(string promptId, int index) => string.Create(CultureInfo.InvariantCulture, $"{promptId}#{index}");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
