using GenAgent.Torch.Generation;
using GenAgent.Torch.Tests.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Generation;

/// <summary>Counts what the whole process holds, and so runs while nothing else does.</summary>
[CollectionDefinition(nameof(EngineLeakTests), DisableParallelization = true)]
[Collection(nameof(EngineLeakTests))]
public sealed class EngineLeakTests
{
    private const int Blocks = 3;
    private const int BlockSize = 400;
    private const double BytesOfAToken = 1000;
    private const long BytesOfARequest = 8 << 10;

    [Fact]
    public async Task A_thousand_requests_leave_no_tensor_and_no_memory_behind()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, new GenerationEngineOptions { Threads = 1, CacheBytes = 1 << 20, ImageFeatureBytes = 1 << 16 });
        await RunAsync(engine, 0, 200);
        var (tensors, heap, resident) = (Tensor.TotalCount, GC.GetTotalMemory(forceFullCollection: true), Resident());

        // What is lost with every request is lost in every block. Allocators take memory now and then, and keep it: that shows in one block or another, not
        // in all.
        var growth = new List<long>();
        for (var block = 0; block < Blocks; block++)
        {
            await RunAsync(engine, 200 + (block * BlockSize), BlockSize);
            var now = Resident();
            growth.Add(now - resident);
            resident = now;
        }

        Tensor.TotalCount.ShouldBeLessThanOrEqualTo(tensors);
        (GC.GetTotalMemory(forceFullCollection: true) - heap).ShouldBeLessThan(Blocks * BlockSize * 1024L);
        growth.Min().ShouldBeLessThan(BlockSize * BytesOfARequest, $"resident memory grew by {string.Join(", ", growth)} bytes");
        engine.Statistics.FreeCacheTokens.ShouldBe(engine.Statistics.CacheTokens);
        engine.Statistics.EncodedImages.ShouldBeGreaterThan(250);
    }

    [Fact]
    public async Task A_token_allocates_little_and_as_much_late_in_a_sequence_as_early()
    {
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, new GenerationEngineOptions { Threads = 1, CacheBytes = 4 << 20 });
        await AllocatedAsync(900);
        var (few, half, all) = (await AllocatedAsync(100), await AllocatedAsync(500), await AllocatedAsync(900));
        var (early, late) = ((half - few) / 400.0, (all - half) / 400.0);
        early.ShouldBeLessThan(BytesOfAToken);
        late.ShouldBeLessThan(BytesOfAToken);

        async Task<long> AllocatedAsync(int tokens)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await engine.GenerateAsync(new GenerationRequest([tokens % 50], [], new SamplingOptions { Temperature = 0, MaxTokens = tokens }));
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }
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
