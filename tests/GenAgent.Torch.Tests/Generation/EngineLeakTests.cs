using GenAgent.Torch.Generation;
using GenAgent.Torch.Tests.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Generation;

/// <summary>Counts what the whole process holds, and so runs while nothing else does.</summary>
[CollectionDefinition(nameof(EngineLeakTests), DisableParallelization = true)]
[Collection(nameof(EngineLeakTests))]
public sealed class EngineLeakTests
{
    [Fact]
    public async Task A_thousand_requests_leave_no_tensor_and_no_memory_behind()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, new GenerationEngineOptions { Threads = 1, CacheBytes = 1 << 20, ImageFeatureBytes = 1 << 16 });
        await RunAsync(engine, 0, 200);
        var (tensors, bytes) = (Tensor.TotalCount, Resident());
        await RunAsync(engine, 200, 1000);

        Tensor.TotalCount.ShouldBeLessThanOrEqualTo(tensors);
        (Resident() - bytes).ShouldBeLessThan(24 << 20);
        engine.Statistics.FreeCacheTokens.ShouldBe(engine.Statistics.CacheTokens);
        engine.Statistics.EncodedImages.ShouldBeGreaterThan(250);
    }

    private static async Task RunAsync(GenerationEngine engine, int from, int count)
    {
        foreach (var chunk in Enumerable.Range(from, count).Chunk(20))
        {
            await Task.WhenAll(chunk.Select(i => engine.GenerateAsync(BatchInvarianceTests.Request(new Random(i), i, tokens: 6))));
        }
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
