using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Systems;
using GenAgent.Seeds;

namespace GenAgent.Evaluation.Runs;

/// <summary>Lets a system make images until a limit is reached, which then ends the run cleanly: what is under way is finished, nothing new begins. Thread-safe.</summary>
internal sealed class RunLimits(IImageSystem system, long? maxImages)
{
    private readonly CallBudget? _images = maxImages is { } max ? new CallBudget(max) : null;
    private string? _stopped;

    /// <summary>What ended the run, as <c>the images</c>; null while it goes on.</summary>
    public string? Stopped => Volatile.Read(ref _stopped);

    public void Stop(string limit) => Interlocked.CompareExchange(ref _stopped, limit, null);

    /// <summary>Makes an image; null where the limit does not allow it.</summary>
    public async Task<SystemOutcome?> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken)
    {
        var most = system.MostImages;
        if (_images is null || system.Has(task, index))
            return await system.MakeAsync(task, index, seed, cancellationToken);
        if (!_images.TryTake(most))
        {
            Stop("the images");
            return null;
        }

        var outcome = await system.MakeAsync(task, index, seed, cancellationToken);
        _images.Return(most - (outcome.Agent?.Images ?? 1));
        return outcome;
    }
}
