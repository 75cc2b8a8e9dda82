using GenAgent.Torch.Flux.Engine;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux.Engine;

// Counts every live tensor of the process, so nothing else may run beside it.
[CollectionDefinition(nameof(FluxLeakTests), DisableParallelization = true)]
[Collection(nameof(FluxLeakTests))]
public sealed class FluxLeakTests
{
    [Fact]
    public async Task No_tensor_is_left_after_500_images()
    {
        using var folder = new TinyFluxFolder();
        await using var engine = folder.OpenEngine(TinyFluxFolder.Options with { DefaultSteps = 1, DefaultSide = 8, CachedPrompts = 2 });
        await PaintAsync(engine, 40);
        var before = Tensor.TotalCount;

        await PaintAsync(engine, 500);

        // Beside other tests the count was once seen to fall by 30, and nobody knows why yet; a leak makes it grow.
        Tensor.TotalCount.ShouldBeLessThanOrEqualTo(before);
    }

    private static Task<FluxImage[]> PaintAsync(FluxImageEngine engine, int images) =>
        Task.WhenAll(Enumerable.Range(0, images).Select(index => engine.PaintAsync(FluxImageEngineTests.Request(index) with { TrueCfgScale = 2, Previews = 1 })));
}
