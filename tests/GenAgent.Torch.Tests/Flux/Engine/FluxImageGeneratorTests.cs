using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Safetensors;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using static TorchSharp.torch;
using Size = System.Drawing.Size;

namespace GenAgent.Torch.Tests.Flux.Engine;

public sealed class FluxImageGeneratorTests : IDisposable
{
    private readonly TinyFluxFolder _folder = new();
    private readonly FluxImageGenerator _generator;

    public FluxImageGeneratorTests() => _generator = FluxImageGenerator.Open(_folder.Path, TinyFluxFolder.Options);

    public void Dispose()
    {
        _generator.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_prompt_gives_a_png_of_the_size_asked_for_that_bears_its_seed()
    {
        var image = await PaintAsync(new ImageGenerationOptions { ImageSize = new Size(24, 12) }.WithSeed(7));

        image.MediaType.ShouldBe("image/png");
        image.GetSeed().ShouldBe(7);
        var pixels = ImageDecoder.Decode(image.Data);
        (pixels.Width, pixels.Height).ShouldBe((24, 12));
    }

    [Fact]
    public async Task Image_i_of_a_request_is_the_image_of_seed_plus_i()
    {
        var response = await _generator.GenerateAsync(new ImageGenerationRequest("a red circle"), new ImageGenerationOptions { Count = 3 }.WithSeed(20));

        var alone = await PaintAsync(new ImageGenerationOptions().WithSeed(22));
        response.Contents.Count.ShouldBe(3);
        response.Contents.Select(content => content.GetSeed()).ShouldBe([20L, 21L, 22L]);
        Differ((DataContent)response.Contents[2], alone).ShouldBeLessThan(0.001);
        Differ((DataContent)response.Contents[0], alone).ShouldBeGreaterThan(0.1);
    }

    [Fact]
    public async Task A_mask_is_refused_and_not_passed_over()
    {
        var options = new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, await PaintAsync(new ImageGenerationOptions().WithSeed(1)));

        var refused = await Should.ThrowAsync<BackendRejectedException>(() => PaintAsync(options));

        refused.Message.ShouldContain("FLUX.1 takes no mask");
    }

    [Fact]
    public async Task In_bfloat16_the_image_is_nearly_the_same()
    {
        await using var rounded = FluxImageGenerator.Open(_folder.Path, TinyFluxFolder.Options with { Dtype = "bfloat16" });
        var options = new ImageGenerationOptions().WithSeed(3);

        var image = (DataContent)(await rounded.GenerateAsync(new ImageGenerationRequest("a red circle"), options)).Contents[0];

        var difference = Differ(image, await PaintAsync(options));
        difference.ShouldBeGreaterThan(0);
        difference.ShouldBeLessThan(0.05);
    }

    [Fact]
    public async Task Every_option_reaches_the_painter()
    {
        var plain = await PaintAsync(new ImageGenerationOptions().WithSeed(1));

        foreach (var options in new[]
        {
            new ImageGenerationOptions().With(ImageOptionsExtensions.StepsKey, 1),
            new ImageGenerationOptions().With(ImageOptionsExtensions.GuidanceScaleKey, 30.0),
            new ImageGenerationOptions().With(ImageOptionsExtensions.NegativePromptKey, "star").WithTrueCfgScale(4),
            new ImageGenerationOptions().WithLoras(new FluxLora(WriteLora())),
            new ImageGenerationOptions().With(FluxImageOptionsExtensions.LorasKey, WriteLora() + "*0.5"),
        })
        {
            Differ(await PaintAsync(options.WithSeed(1)), plain).ShouldBeGreaterThan(0.001, string.Join(',', options.AdditionalProperties!.Keys));
        }
    }

    [Fact]
    public async Task Taking_the_lora_away_gives_the_plain_image_back()
    {
        var plain = await PaintAsync(new ImageGenerationOptions().WithSeed(1));
        await PaintAsync(new ImageGenerationOptions().WithSeed(1).WithLoras(new FluxLora(WriteLora())));

        Differ(await PaintAsync(new ImageGenerationOptions().WithSeed(1)), plain).ShouldBe(0);
    }

    [Fact]
    public async Task An_original_image_is_changed_and_not_painted_anew()
    {
        var original = await PaintAsync(new ImageGenerationOptions().WithSeed(5));
        var request = new ImageGenerationRequest("a blue star", [original]);

        var changed = (DataContent)(await _generator.GenerateAsync(
            request, new ImageGenerationOptions().WithSeed(1).With(ImageOptionsExtensions.StrengthKey, 0.4))).Contents[0];

        Differ(changed, await PaintAsync(new ImageGenerationOptions().WithSeed(1))).ShouldBeGreaterThan(0.01);
        var broken = new ImageGenerationRequest("a blue star", [new DataContent(new byte[] { 1, 2, 3 }, "image/png")]);
        await Should.ThrowAsync<InvalidDataException>(_generator.GenerateAsync(broken));
    }

    [Fact]
    public async Task Requests_without_a_seed_give_different_images()
    {
        Differ(await PaintAsync(null), await PaintAsync(null)).ShouldBeGreaterThan(0.1);
    }

    [Fact]
    public async Task Warnings_travel_with_the_image()
    {
        var image = await PaintAsync(new ImageGenerationOptions { ImageSize = new Size(21, 16) });

        ((IReadOnlyList<string>)image.AdditionalProperties![FluxImageOptionsExtensions.WarningsKey]!).ShouldHaveSingleItem()
            .ShouldContain("rounded to 20 x 16");
    }

    [Fact]
    public void A_strength_that_is_no_number_is_refused_by_name()
    {
        var options = new ImageGenerationOptions().With(FluxImageOptionsExtensions.LorasKey, "some.safetensors*strong");
        Should.Throw<ArgumentException>(() => options.GetLoras()).Message.ShouldContain("\"strong\"");
    }

    [Fact]
    public void The_generator_says_which_model_it_paints_with()
    {
        _generator.GetService<ImageGeneratorMetadata>()!.DefaultModelId.ShouldBe(Path.GetFileName(_folder.Path));
    }

    [Fact]
    public async Task A_model_is_opened_by_its_uri_with_the_defaults_of_its_folder_and_of_the_uri()
    {
        FluxFolderWriter.SaveIndex(_folder.Path, new FluxDefaults { Steps = 2, DraftSteps = 1, Side = 20 });
        var registry = new BackendRegistry(new ConfigurationBuilder().Build()).AddFlux(Path.Combine(_folder.Path, "hub"));
        var reports = new List<ImageProgress>();
        using var generator = await registry.CreateImageGeneratorAsync($"{_folder.Path}?device=cpu&tokens=6&guidance=2");

        var image = (DataContent)(await generator.GenerateAsync(
            new ImageGenerationRequest("a red circle"), new ImageGenerationOptions().WithProgress(new Watcher(reports.Add)))).Contents[0];

        ImageDecoder.Decode(image.Data).Width.ShouldBe(20);
        reports[^1].Steps.ShouldBe(2);
        generator.GetService<GeneratorProfile>()!.DraftSteps.ShouldBe(1);
        using var own = await registry.CreateImageGeneratorAsync($"{_folder.Path}?device=cpu&steps=3");
        own.GetService<GeneratorProfile>()!.DraftSteps.ShouldBeNull("who says how many steps wants no drafts of other numbers");
        (await Should.ThrowAsync<BackendUriException>(
            async () => await registry.CreateImageGeneratorAsync($"{_folder.Path}?steps=many"))).Message.ShouldContain(
            "steps=many");
        (await Should.ThrowAsync<BackendUriException>(async () => await registry.CreateImageGeneratorAsync("hf:some/model"))).Message.ShouldContain(
            "genagent models pull hf:some/model");
    }

    private sealed class Watcher(Action<ImageProgress> watch) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => watch(value);
    }

    private async Task<DataContent> PaintAsync(ImageGenerationOptions? options) =>
        (DataContent)(await _generator.GenerateAsync(new ImageGenerationRequest("a red circle"), options)).Contents[0];

    private string WriteLora()
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_folder.Path, "lora.safetensors");
        var hidden = TinyFlux.Transformer.HiddenSize;
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["transformer.proj_out.lora_A.weight"] = ones(1, hidden),
            ["transformer.proj_out.lora_B.weight"] = ones(TinyFlux.Transformer.InChannels, 1),
        });
        return path;
    }

    private static double Differ(DataContent one, DataContent other) =>
        ImageDecoder.Decode(one.Data).Pixels.Zip(ImageDecoder.Decode(other.Data).Pixels).Average(pair => Math.Abs(pair.First - pair.Second) > 1 ? 1.0 : 0);
}
