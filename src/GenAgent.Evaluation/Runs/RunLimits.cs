using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Systems;
using GenAgent.Running;
using GenAgent.Seeds;

namespace GenAgent.Evaluation.Runs;

/// <summary>Lets a system make images until a limit is reached, which then ends the run cleanly. Thread-safe.</summary>
internal sealed class RunLimits(IImageSystem system, long? maxImages)
{
    private readonly CallBudget? _images = maxImages is { } max ? new CallBudget(max) : null;

    /// <summary>Makes an image.</summary>
    /// <exception cref="RunLimitException">The limit does not allow it.</exception>
    public async Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken)
    {
        var most = system.MostImages;
        if (_images is null || system.Has(task, index))
            return await system.MakeAsync(task, index, seed, cancellationToken);
        if (!await _images.TakeAsync(most, cancellationToken))
            throw new RunLimitException("the images");

        // A run that fails may have made all of them.
        var unused = 0;
        try
        {
            var outcome = await system.MakeAsync(task, index, seed, cancellationToken);
            unused = most - (outcome.Agent?.Images ?? 1);
            return outcome;
        }
        finally
        {
            _images.Return(unused);
        }
    }
}
