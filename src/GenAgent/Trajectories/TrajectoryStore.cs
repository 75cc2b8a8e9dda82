using GenAgent.Agents;

namespace GenAgent.Trajectories;

/// <summary>
/// A folder of trajectories: one a line in <c>trajectories.jsonl</c>, and their images beside it by content. Safe for many writers in one
/// process. What <see cref="AppendAsync(AgentResult, CancellationToken)"/> has returned from survives a killed process; a line that a killed
/// process left half-written is cut off when the store is opened, and reported.
/// </summary>
public sealed class TrajectoryStore : IAsyncDisposable
{
    private TrajectoryStore(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What was cut off when the store was opened; null when all was whole.</summary>
    public HalfWrittenLine? Recovered { get; private init; }

    /// <summary>Opens the folder for appending, and makes it where there is none.</summary>
    public static Task<TrajectoryStore> OpenAsync(string folder, CancellationToken cancellationToken = default) =>
        Task.FromResult(new TrajectoryStore(folder));

    /// <summary>Keeps a run's images and trajectory.</summary>
    public Task AppendAsync(AgentResult result, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Reads every trajectory, in the order of writing.</summary>
    public IAsyncEnumerable<Trajectory> ReadAllAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A line that was cut off, because the process that wrote it did not finish it.</summary>
/// <param name="Offset">Where it began, in bytes from the file's start.</param>
/// <param name="Length">How many bytes were cut off.</param>
public sealed record HalfWrittenLine(long Offset, long Length);
