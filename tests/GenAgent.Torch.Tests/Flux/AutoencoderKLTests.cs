using GenAgent.Torch.Flux.Loading;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class AutoencoderKLTests
{
    private const double Tolerance = 5e-5;

    public static TheoryData<string> Cases => FluxCase.WithPart(@"^vae\.", "vae");

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_image_is_encoded_to_the_references_distribution(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var vae = FluxFolder.LoadAutoencoder(golden.ModelFolder, dtype: ScalarType.Float32);
        vae.EncoderProbe = (stage, value) => golden.ShouldMatch(value, $"vae.enc.{stage}", Tolerance, 1e-4);

        var posterior = vae.Encode(golden.Tensor("vae.image"));

        golden.ShouldMatch(posterior.Mean, "vae.mean", Tolerance, 1e-4);
        golden.ShouldMatch(posterior.LogVariance, "vae.logvar", Tolerance, 1e-4);
        if (golden.Has("vae.noise")) golden.ShouldMatch(posterior.Sample(golden.Tensor("vae.noise")), "vae.sample", Tolerance, 1e-4);
        golden.ShouldMatch(vae.Scale(posterior.Mean), "vae.latents", Tolerance, 1e-4);
        vae.EncoderProbe = null;
        if (!golden.Has("vae.flat_mean")) return;
        var side = golden.Shape("vae.flat_mean")[^1] * vae.Config.Downscale;
        golden.ShouldMatch(vae.Encode(Arithmetic.Filled([1, vae.Config.InChannels, side, side], -0.02f)).Mean, "vae.flat_mean", Tolerance, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Latents_are_decoded_to_the_references_image(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var vae = FluxFolder.LoadAutoencoder(golden.ModelFolder, dtype: ScalarType.Float32);
        vae.DecoderProbe = (stage, value) => golden.ShouldMatch(value, $"vae.dec.{stage}", Tolerance, 1e-4);

        golden.ShouldMatch(vae.Decode(golden.Tensor("vae.z")), "vae.decoded", Tolerance, 1e-4);

        vae.DecoderProbe = null;
        if (!golden.Has("vae.flat_decoded")) return;
        var side = golden.Shape("vae.flat_decoded")[^1] / vae.Config.Downscale;
        golden.ShouldMatch(vae.Decode(Arithmetic.Filled([1, vae.Config.LatentChannels, side, side], 0.01f)), "vae.flat_decoded", Tolerance, 1e-4);
    }
}
