namespace GenAgent.Running.Sharing;

/// <summary>A run whose tasks many processes do. Immutable.</summary>
/// <param name="Id">The run's name, which no other run has.</param>
/// <param name="Kind">Which kind of worker can do its tasks, as <c>synthesis</c>.</param>
/// <param name="Manifest">What decides the outcomes, as <see cref="RunManifest.ToString"/> writes it. A worker whose own manifest differs does none of its
/// tasks.</param>
/// <param name="Description">How a worker sets itself up, as JSON of the kind. It holds no secret.</param>
/// <param name="Version">The version of GenAgent that posted it.</param>
public sealed record SharedRun(string Id, string Kind, string Manifest, string Description, string Version);

/// <summary>A worker's hold on the tasks that it took at one time.</summary>
/// <param name="Worker">The worker's name, which no other process has.</param>
/// <param name="Number">Which of its leases, from 1.</param>
public readonly record struct TaskLease(string Worker, long Number);

/// <summary>The end of a task.</summary>
/// <param name="Key">The task's key.</param>
/// <param name="Result">What a worker made; null if it failed.</param>
/// <param name="Failure">Why it failed; null if it did not.</param>
public sealed record TaskResult(string Key, ReadOnlyMemory<byte>? Result, TaskFailure? Failure);

/// <summary>How many tasks of a run wait, and how many are held by workers.</summary>
/// <param name="Waiting">Tasks that wait for a worker.</param>
/// <param name="Held">Tasks that a worker has.</param>
public sealed record BoardCounts(long Waiting, long Held);

/// <summary>The board cannot be reached now; the same call may succeed later.</summary>
/// <param name="message">What happened.</param>
/// <param name="cause">What was thrown.</param>
public sealed class BoardUnavailableException(string message, Exception? cause = null) : IOException(message, cause);
