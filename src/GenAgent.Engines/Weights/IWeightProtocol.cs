namespace GenAgent.Engines.Weights;

/// <summary>
/// How the weights of one replica are changed: pause, load, ask for the version, resume. Each call fails with a
/// <see cref="GenAgent.Models.BackendException"/>.
/// </summary>
internal interface IWeightProtocol
{
    /// <summary>Stops sampling, and drops what was computed with the old weights.</summary>
    Task PauseAsync(CancellationToken cancellationToken);

    /// <summary>Loads weights and names them; the replica is paused.</summary>
    Task LoadAsync(EngineWeights weights, CancellationToken cancellationToken);

    /// <summary>Ends an update that was begun and never finished, so that a new one can begin; does nothing where there is none.</summary>
    Task EndHalfDoneAsync(CancellationToken cancellationToken);

    /// <summary>The version that the replica says it samples with.</summary>
    /// <exception cref="GenAgent.Models.BackendRejectedException">It tells no version: the message says how it must be started.</exception>
    Task<string?> ReadVersionAsync(CancellationToken cancellationToken);

    /// <summary>Samples again.</summary>
    Task ResumeAsync(CancellationToken cancellationToken);
}
