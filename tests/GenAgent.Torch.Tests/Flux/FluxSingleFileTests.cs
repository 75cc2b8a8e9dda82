using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class FluxSingleFileTests
{
    public static TheoryData<string> TransformerCases =>
        FluxCase.With(@"^tr\.final$", golden => golden.TransformerFile is not null && golden.HasPart("transformer/config.json"));

    public static TheoryData<string> AutoencoderCases =>
        FluxCase.With(@"^vae\.decoded$", golden => golden.AutoencoderFile is not null && golden.HasPart("vae/config.json"));

    [Theory]
    [MemberData(nameof(TransformerCases))]
    public void The_original_single_file_gives_the_references_velocity(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxSingleFile.LoadTransformer(golden.TransformerFile!, ConfigOf(golden), dtype: ScalarType.Float32);

        golden.ShouldMatch(FluxInputs.Run(model, golden, "tr.in."), "tr.final", 5e-5, 1e-4);
    }

    [Theory]
    [MemberData(nameof(AutoencoderCases))]
    public void The_original_autoencoder_file_encodes_and_decodes_as_the_reference(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var config = ModelConfig.Read<AutoencoderConfig>(Path.Combine(golden.ModelFolder, "vae", "config.json"));
        using var vae = FluxSingleFile.LoadAutoencoder(golden.AutoencoderFile!, config, dtype: ScalarType.Float32);

        var posterior = vae.Encode(golden.Tensor("vae.image"));

        golden.ShouldMatch(posterior.Mean, "vae.mean", 5e-5, 1e-4);
        golden.ShouldMatch(posterior.LogVariance, "vae.logvar", 5e-5, 1e-4);
        golden.ShouldMatch(vae.Decode(golden.Tensor("vae.z")), "vae.decoded", 5e-5, 1e-4);
    }

    [Theory]
    [MemberData(nameof(TransformerCases))]
    public void What_the_tensors_tell_of_the_shape_is_read_off_them(string name)
    {
        var golden = FluxCase.Open(name);
        var expected = ConfigOf(golden);
        Assert.SkipWhen(golden.AutoencoderFile is null, "no autoencoder beside it");
        using var file = WeightSource.Open(golden.AutoencoderFile);
        var vae = FluxSingleFile.ReadAutoencoderConfig(new FluxSingleFile.OriginalNames(file, "encoder.conv_in.weight"));
        var expectedVae = ModelConfig.Read<AutoencoderConfig>(Path.Combine(golden.ModelFolder, "vae", "config.json"));

        vae.BlockOutChannels.ShouldBe(expectedVae.BlockOutChannels);
        Assert.SkipWhen(expected.AxesDimsRope.SequenceEqual([16, 56, 56]), "heads as in the published models");
        (vae.LayersPerBlock, vae.LatentChannels, vae.ScalingFactor, vae.ShiftFactor).ShouldBe(
            (expectedVae.LayersPerBlock, expectedVae.LatentChannels, expectedVae.ScalingFactor, expectedVae.ShiftFactor));
        var fault = Should.Throw<InvalidDataException>(() => FluxSingleFile.LoadTransformer(golden.TransformerFile!));
        fault.Message.ShouldContain($"heads are {expected.AttentionHeadDim} wide");
        fault.Message.ShouldContain("axes_dims_rope");
    }

    [Theory]
    [MemberData(nameof(TransformerCases))]
    public void A_file_that_is_something_else_is_refused_with_its_path(string name)
    {
        var path = FluxCase.Open(name).AutoencoderFile;
        Assert.SkipWhen(path is null, "no autoencoder beside it");
        Should.Throw<InvalidDataException>(() => FluxSingleFile.LoadTransformer(path)).Message.ShouldContain(path);
    }

    private static FluxTransformerConfig ConfigOf(FluxCase golden) =>
        ModelConfig.Read<FluxTransformerConfig>(Path.Combine(golden.ModelFolder, "transformer", "config.json"));
}
