using GenAgent.Running;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Grpo.Rollouts;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>Makes rollouts for a run that another process trains.</summary>
public sealed class RlWorker : IDisposable
{
    private readonly RolloutCollector _collector;
    private readonly IRolloutEngine _engine;
    private readonly RlPractice _practice;

    internal RlWorker(RunManifest manifest, RolloutCollector collector, IRolloutEngine engine, RlPractice practice) =>
        (Manifest, _collector, _engine, _practice) = (manifest, collector, engine, practice);

    /// <summary>What decides the rollouts; it must be the run's.</summary>
    public RunManifest Manifest { get; }

    /// <inheritdoc cref="RolloutCollector.MakeSharedAsync"/>
    public Task<ReadOnlyMemory<byte>> MakeAsync(string key, CancellationToken cancellationToken) => _collector.MakeSharedAsync(key, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _practice.Dispose();
    }
}
