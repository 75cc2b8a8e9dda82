using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Systems;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Tests;

/// <summary>A system that makes two images, is content with the second, and returns it.</summary>
internal sealed class StubAgent : IImageSystem
{
    public string Name => "stub agent";

    public Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
    {
        DataContent[] images = [new(StubPainter.Png, "image/png"), new(StubPainter.Png, "image/png")];
        return Task.FromResult(new SystemOutcome(task.Prompt, images[1])
        {
            Agent = new AgentConduct($"t{task.Id}", 3, StopReason.Answered, [], 10, 100, [task.Prompt, task.Prompt]),
            Attempts = [new(task.Prompt, images[0], Passed: false), new(task.Prompt, images[1], Passed: true)],
        });
    }
}
