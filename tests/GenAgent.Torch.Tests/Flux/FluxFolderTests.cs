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
    public void A_checkpoint_keeps_its_dtype_where_the_device_multiplies_it_faster_than_fp32(
        ScalarType onDisk, DeviceType device, bool processorHasBFloat16, ScalarType held)
    {
        using var scope = NewDisposeScope();
        using var transformer = TinyFlux.NewTransformer();
        FluxFolderWriter.Save(_folder.Path, transformer.to(onDisk));
        using var weights = WeightSource.Open(Path.Combine(_folder.Path, FluxFolder.TransformerPart));

        FluxFolder.DefaultDtype(weights, device, processorHasBFloat16).ShouldBe(held);
    }

    [Fact]
    public void The_type_of_a_file_is_that_of_most_of_its_numbers_and_not_of_its_first_tensor()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.File("mixed.safetensors"), new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["a.bias"] = zeros(4, dtype: ScalarType.Float32), ["b.weight"] = zeros([40, 4], dtype: ScalarType.BFloat16),
            ["c.weight"] = zeros([4, 4], dtype: ScalarType.Float16),
        });
        using var weights = WeightSource.Open(_folder.File("mixed.safetensors"));

        FluxFolder.DefaultDtype(weights, DeviceType.CUDA, processorHasBFloat16: false).ShouldBe(ScalarType.BFloat16);
    }

    [Theory]
    [InlineData("transformer", "num_layers", 100_000)]
    [InlineData("transformer", "num_single_layers", 900)]
    [InlineData("transformer", "num_attention_heads", 1_000_000)]
    [InlineData("text_encoder_2", "num_layers", 100_000)]
    [InlineData("text_encoder", "num_hidden_layers", 100_000)]
    [InlineData("vae", "layers_per_block", 100_000)]
    public void A_config_that_declares_more_than_the_weights_hold_costs_no_memory(string part, string field, int value)
    {
        using var folder = new TinyFluxFolder();
        var file = Path.Combine(folder.Path, part, "config.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!;
        json[field] = value;
        File.WriteAllText(file, json.ToJsonString());
        var before = Environment.WorkingSet;

        var fault = Should.Throw<Exception>(() => Load(folder.Path, part));

        (fault is InvalidDataException or WeightMismatchException).ShouldBeTrue(fault.ToString());
        (Environment.WorkingSet - before).ShouldBeLessThan(500L << 20);

        static nn.Module Load(string path, string part) => part switch
        {
            "transformer" => FluxFolder.LoadTransformer(path),
            "vae" => FluxFolder.LoadAutoencoder(path),
            "text_encoder" => FluxFolder.LoadClip(path),
            _ => FluxFolder.LoadT5(path),
        };
    }
}
