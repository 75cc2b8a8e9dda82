using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Safetensors;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

/// <summary>A FLUX.1 in one file in the original naming, named by a URI as on the command line.</summary>
public sealed class SingleFileCommandLineTests : IDisposable
{
    // Heads as wide as the published ones: a single file does not say how positions turn others.
    private static readonly FluxTransformerConfig Config =
        TinyFlux.Transformer with { AttentionHeadDim = 128, NumAttentionHeads = 1, AxesDimsRope = [16, 56, 56] };

    private readonly TinyFluxFolder _folder = new(Config);
    private readonly TemporaryFolder _elsewhere = new();
    private readonly BackendRegistry _registry = new BackendRegistry(new ConfigurationBuilder().Build()).AddFlux();

    public void Dispose()
    {
        _folder.Dispose();
        _elsewhere.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("model.diffusion_model.")]
    public async Task It_paints_what_the_folder_that_it_was_made_from_paints(string prefix)
    {
        var file = WriteOriginal(prefix);

        var alone = await PaintAsync($"{file}?base={_folder.Path}&device=cpu&tokens=6&steps=2");
        var folder = await PaintAsync($"{_folder.Path}?device=cpu&tokens=6&steps=2");

        alone.ShouldBe(folder);
        alone.Distinct().Count().ShouldBeGreaterThan(8, "it is no image of one colour");
    }

    [Fact]
    public async Task What_it_lacks_is_named_with_the_parameter_that_helps()
    {
        var file = WriteOriginal(string.Empty);

        var fault = await Should.ThrowAsync<BackendUriException>(async () => await _registry.CreateImageGeneratorAsync($"{file}?device=cpu"));

        fault.Message.ShouldContain("?base=FOLDER");
        foreach (var part in (string[])["ae.safetensors", "clip_l.safetensors", "t5xxl", "tokenizer/", "tokenizer_2/"]) fault.Message.ShouldContain(part);
    }

    private async Task<byte[]> PaintAsync(string uri)
    {
        using var generator = await _registry.CreateImageGeneratorAsync(uri);
        var options = new ImageGenerationOptions { ImageSize = new(16, 16) }.WithSeed(3);
        return ImageDecoder.Decode(((DataContent)(await generator.GenerateAsync(new ImageGenerationRequest("a red circle"), options)).Contents[0]).Data).Pixels;
    }

    // The transformer's tensors as black-forest-labs/flux names and joins them.
    private string WriteOriginal(string prefix)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(_folder.Path);
        var published = model.state_dict();
        var original = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (layer, parts) in BflNames.Layers(Config))
        {
            foreach (var ending in (string[])[".weight", ".bias"])
            {
                var value = published[layer + ending];
                var at = 0L;
                foreach (var part in parts)
                {
                    var rows = value.shape[0] * part.Share / parts.Sum(one => one.Share);
                    var name = prefix + part.Layer + ending;
                    if (!original.TryGetValue(name, out var joined))
                    {
                        original[name] = joined = zeros([TotalOf(part, rows), .. value.shape[1..]]);
                    }

                    joined.narrow(0, joined.shape[0] * part.From / part.Of, rows).copy_(value.narrow(0, at, rows));
                    at += rows;
                }
            }
        }

        foreach (var (gain, name) in BflNames.Gains(Config)) original[prefix + name] = published[gain];
        var path = _elsewhere.File("flux1-dev.safetensors");
        SafetensorsWriter.Write(path, original);
        return path;
    }

    private static long TotalOf(BflRows part, long rows) => rows * part.Of / part.Share;
}
