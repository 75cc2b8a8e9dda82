using GenAgent.Torch.Flux.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class TiledDecoderTests
{
    [Fact]
    public void An_image_that_fits_into_a_tile_is_decoded_whole()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var vae = TinyFlux.NewAutoencoder();
        var latents = Latents(8, 6);

        new TiledDecoder(tile: 8, overlap: 2).Decode(vae, latents).eq(vae.Decode(latents)).all().item<bool>().ShouldBeTrue();
    }

    [Theory]
    [InlineData(20, 13)]
    [InlineData(16, 40)]
    [InlineData(31, 17)]
    public void A_large_image_has_no_gap_and_no_seam(int height, int width)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var vae = TinyFlux.NewAutoencoder();
        var plain = Arithmetic.Filled([1, vae.Config.LatentChannels, height, width], 0.3f);

        var image = new TiledDecoder(tile: 12, overlap: 4).Decode(vae, plain);

        // Plain latents give a plain image but for what a convolution's padding does at a border, which blending must hide inside.
        image.shape.ShouldBe([1, 3, height * 2, width * 2]);
        var steps = (image.narrow(3, 1, width * 2 - 1) - image.narrow(3, 0, width * 2 - 1)).abs();
        var whole = vae.Decode(plain);
        var wholeSteps = (whole.narrow(3, 1, width * 2 - 1) - whole.narrow(3, 0, width * 2 - 1)).abs();
        steps.max().ToSingle().ShouldBeLessThan(wholeSteps.max().ToSingle() * 1.5f);
        (image - whole).abs().mean().ToSingle().ShouldBeLessThan(whole.std().ToSingle());
    }

    [Fact]
    public void Tiles_that_cannot_overlap_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new TiledDecoder(tile: 8, overlap: 5));
    }

    private static Tensor Latents(int height, int width)
    {
        using var generator = new Generator(3);
        return randn([2, TinyFlux.Vae.LatentChannels, height, width], generator: generator);
    }
}
