using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories.Exchange;

/// <summary>A store that receives imported trajectories; existing ids are skipped.</summary>
internal sealed class ImportTarget
{
    private readonly TrajectoryStore _store;
    private readonly HashSet<string> _ids;
    private readonly Action<string>? _skipped;

    private ImportTarget(TrajectoryStore store, HashSet<string> ids, Action<string>? skipped) => (_store, _ids, _skipped) = (store, ids, skipped);

    /// <summary>Number of added trajectories.</summary>
    public int Added { get; private set; }

    /// <summary>Reads the ids of a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="skipped">Receives the id of each skipped trajectory; may be null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<ImportTarget> OpenAsync(TrajectoryStore store, Action<string>? skipped, CancellationToken cancellationToken)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        await foreach (var trajectory in store.ReadAllAsync(cancellationToken))
        {
            ids.Add(trajectory.Id);
        }

        return new(store, ids, skipped);
    }

    /// <summary>Adds a trajectory unless its id exists.</summary>
    public async Task AddAsync(Trajectory trajectory, IReadOnlyDictionary<string, DataContent> images, CancellationToken cancellationToken)
    {
        if (!_ids.Add(trajectory.Id))
        {
            _skipped?.Invoke(trajectory.Id);
            return;
        }

        await _store.AppendAsync(trajectory, images, cancellationToken);
        Added++;
    }
}
