using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class FluxFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32, DeviceType.CPU, true, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, DeviceType.CUDA, false, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, DeviceType.CPU, true, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, DeviceType.CPU, false, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, DeviceType.CUDA, false, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16, DeviceType.CPU, true, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, DeviceType.CUDA, false, ScalarType.Float16)]
    public void A_checkpoint_keeps_its_dtype_where_the_device_multiplies_it_faster_than_fp32(ScalarType onDisk, DeviceType device, bool processorHasBFloat16, ScalarType held)
    {
        using var scope = NewDisposeScope();
        using var transformer = TinyFlux.NewTransformer();
        FluxFolderWriter.Save(_folder.Path, transformer.to(onDisk));
        using var weights = WeightSource.Open(Path.Combine(_folder.Path, FluxFolder.TransformerPart));

        FluxFolder.DefaultDtype(weights, device, processorHasBFloat16).ShouldBe(held);
    }
}
