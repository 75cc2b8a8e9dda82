using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Flux;
using GenAgent.Torch.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Safetensors;

public sealed class ScaledWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("scale_weight", "scale_input", "[]", 4)]
    [InlineData("weight_scale", "input_scale", "[1]", 4)]
    [InlineData("weight_scale", "input_scale", "[2,1]", 8)]
    [InlineData("weight_scale", "input_scale", "[2]", 8)]
    public void A_factor_beside_an_fp8_weight_multiplies_it_and_is_no_tensor_of_its_own(string factor, string input, string shape, int bytes)
    {
        using var scope = NewDisposeScope();
        byte[] factors = [.. BitConverter.GetBytes(0.5f), .. bytes > 4 ? BitConverter.GetBytes(3f) : []];

        // 0x38 is 1, 0x40 is 2, 0x44 is 3, 0xB8 is -1.
        Write(
            $$$"""{"scaled_fp8":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]},"a.weight":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]},"a.{{{factor}}}":{"dtype":"F32","shape":{{{shape}}},"data_offsets":[4,{{{4 + bytes}}}]},"a.{{{input}}}":{"dtype":"F32","shape":[],"data_offsets":[{{{4 + bytes}}},{{{8 + bytes}}}]}}""",
            [0x38, 0x40, 0x44, 0xB8, .. factors, .. BitConverter.GetBytes(9f)]);
        using var source = WeightSource.Open(_folder.File("a.safetensors"));

        source.Entries.Keys.ShouldBe(["a.weight"]);
        float[] expected = bytes > 4 ? [0.5f, 1f, 9f, -3f] : [0.5f, 1f, 1.5f, -0.5f];
        Compare.Floats(source.Read("a.weight")).ShouldBe(expected);
        var target = zeros(2, 2, dtype: ScalarType.BFloat16);
        source.ReadInto("a.weight", target);
        Compare.Floats(target).ShouldBe(expected);
        using var packed = source.ReadPacked("a.weight", 1, 1);
        Compare.Floats(packed!.Widen(ScalarType.Float32)).ShouldBe(expected[2..]);
    }

    [Theory]
    [InlineData("""{"a.weight":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},"a.weight_scale":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[4,8]}}""")]
    [InlineData("""{"a.weight":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]},"a.weight_scale":{"dtype":"BF16","shape":[1,2],"data_offsets":[4,8]}}""")]
    public void Factors_of_blocks_are_refused_by_name_as_their_weights_would_be_wrong(string header)
    {
        Write(header, new byte[8]);
        Should.Throw<SafetensorsException>(() => WeightSource.Open(_folder.File("a.safetensors"))).Message.ShouldContain("a.weight");
    }

    public static TheoryData<string> SingleFiles =>
        FluxCase.With(@"^tr\.final$", golden => golden.TransformerFile is not null && golden.HasPart("transformer/config.json"));

    [Theory]
    [MemberData(nameof(SingleFiles))]
    public void A_scaled_fp8_transformer_paints_what_its_numbers_say_kept_as_fp8_or_widened(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var config = ModelConfig.Read<FluxTransformerConfig>(Path.Combine(golden.ModelFolder, "transformer", "config.json"));
        var path = _folder.File("flux1-dev_fp8_scaled.safetensors");
        using (var file = WeightSource.Open(golden.TransformerFile!)) File.WriteAllBytes(path, ScaledFp8.Of(file, "model.diffusion_model."));

        using var packed = FluxSingleFile.LoadTransformer(path, config, device: null, ScalarType.Float32, keepPacked: true);
        using var wide = FluxSingleFile.LoadTransformer(path, config, dtype: ScalarType.Float32);

        packed.Linears().Values.Count(linear => linear.Packed is not null).ShouldBeGreaterThan(10);
        var velocity = FluxInputs.Run(packed, golden, "tr.in.");
        Compare.Close(Compare.Floats(FluxInputs.Run(wide, golden, "tr.in.")), velocity, "velocity", 1e-5, 1e-5);
        Compare.RelativeError(golden.Floats("tr.final"), Compare.Floats(velocity)).ShouldBeLessThan(0.15, "fp8 has three bits of mantissa");
    }

    private void Write(string header, byte[] data) => File.WriteAllBytes(_folder.File("a.safetensors"), RawFile.Bytes(header, data));
}
