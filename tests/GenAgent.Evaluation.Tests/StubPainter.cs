using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Systems;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Tests;

/// <summary>A system that gives a tiny image for every prompt but those that it is told to fail, and counts what it made.</summary>
internal sealed class StubPainter(Func<BenchmarkTask, bool>? fails = null) : IImageSystem
{
    // One white pixel.
    public static readonly byte[] Png =
        Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==");

    private int _made;

    public int Made => _made;

    public string Name => "stub";

    public Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _made);
        return Task.FromResult(
            fails?.Invoke(task) == true ? new SystemOutcome(task.Prompt, null, "no paint") : new SystemOutcome(task.Prompt, new DataContent(Png, "image/png")));
    }
}
