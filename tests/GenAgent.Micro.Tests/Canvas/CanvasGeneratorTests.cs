using System.Drawing;
using GenAgent.Generators;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Micro.Tests.Canvas;

public sealed class CanvasGeneratorTests
{
    private static readonly CanvasOptions Faultless = new() { DropRate = 0, MergeRate = 0, RecolorRate = 0 };
    private static readonly SceneReader Reader = new();
    private static readonly SceneSampler Sampler = new();

    private static async Task<SceneReading> Paint(CanvasOptions options, string prompt, long seed)
    {
        using var generator = new CanvasGenerator(options);
        var response = await generator.GenerateAsync(new(prompt), new ImageGenerationOptions().WithSeed(seed));
        return Reader.Read(RgbImage.Decode((DataContent)response.Contents.ShouldHaveSingleItem()));
    }

    private static async Task<double> Success(CanvasOptions options, Func<Scene, ulong, string> caption)
    {
        var right = 0;
        for (ulong i = 0; i < 100; i++)
        {
            var scene = Sampler.Sample(i);
            right += SceneVerifier.Verify(await Paint(options, caption(scene, i), (long)i), scene).Passed ? 1 : 0;
        }

        return right / 100.0;
    }

    [Fact]
    public async Task Without_faults_it_paints_every_dense_caption_exactly() =>
        (await Success(Faultless, (scene, _) => DenseCaption.Write(scene))).ShouldBe(1);

    [Fact]
    public async Task Commas_articles_and_capitals_do_not_confuse_it() => SceneVerifier.Verify(
        await Paint(Faultless, "A large Red circle top-left, and a small blue star bottom-right, on a black background.", 1),
        new(
            CanvasColor.Black,
            [
                new(ShapeClass.Circle, ShapeColor.Red, ShapeSize.Large, GridCell.TopLeft),
                new(ShapeClass.Star, ShapeColor.Blue, ShapeSize.Small, GridCell.BottomRight)
            ]))
        .Reason.ShouldStartWith("Everything");

    [Fact]
    public async Task Loose_captions_are_beyond_it_and_by_default_it_errs_now_and_then()
    {
        var loose = new CaptionMix(new(0, 1, 0));

        (await Success(Faultless, (scene, seed) => loose.Draw(scene, seed).Text)).ShouldBeLessThan(0.1);
        (await Success(new(), (scene, _) => DenseCaption.Write(scene))).ShouldBeInRange(0.4, 0.8);
    }

    [Fact]
    public async Task Each_fault_looks_as_it_is_called()
    {
        const string caption = "large red circle top-left large blue star center white background";

        (await Paint(Faultless with { DropRate = 1 }, caption, 1)).Objects.ShouldBeEmpty();
        (await Paint(Faultless with { MergeRate = 1 }, caption, 1)).Objects.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            o => o.Class.ShouldBe(ShapeClass.Circle), o => o.Color.ShouldBe(ShapeColor.Blue));
        (await Paint(Faultless with { RecolorRate = 1 }, caption, 1)).Objects.ShouldAllBe(
            o => o.Color != (o.Class == ShapeClass.Circle ? ShapeColor.Red : ShapeColor.Blue));
    }

    [Fact]
    public async Task The_seed_settles_the_image_and_image_i_uses_seed_plus_i()
    {
        using var generator = new CanvasGenerator();
        async Task<byte[][]> Make(long seed, int count)
        {
            var response = await generator.GenerateAsync(new("two circles"), new ImageGenerationOptions { Count = count }.WithSeed(seed));
            return [.. response.Contents.Cast<DataContent>().Select(c => c.Data.ToArray())];
        }

        var three = await Make(7, 3);
        (await Make(7, 1))[0].ShouldBe(three[0]);
        (await Make(9, 1))[0].ShouldBe(three[2]);
        three[0].ShouldNotBe(three[1]);
    }

    [Fact]
    public async Task Larger_images_are_painted_on_request_and_starting_images_refused()
    {
        using var generator = new CanvasGenerator();

        var large = await generator.GenerateAsync(new("large red circle center"), new ImageGenerationOptions { ImageSize = new Size(200, 300) }.WithSeed(1));
        RgbImage.Decode((DataContent)large.Contents[0]).Width.ShouldBe(192);
        await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateAsync(new("red", [large.Contents[0]])));
    }

    [Fact]
    public async Task It_is_made_from_its_name_and_wrong_rates_are_refused()
    {
        var registry = new BackendRegistry(new ConfigurationBuilder().Build()).AddCanvas();

        using var generator = await registry.CreateImageGeneratorAsync("canvas?drop=1");
        var response = await generator.GenerateAsync(new("large red circle center black background"), new ImageGenerationOptions().WithSeed(1));
        Reader.Read(RgbImage.Decode((DataContent)response.Contents[0])).Objects.ShouldBeEmpty();

        await Should.ThrowAsync<BackendUriException>(async () => await registry.CreateImageGeneratorAsync("canvas?drop=2"));
        Should.Throw<ArgumentException>(() => new CanvasGenerator(new() { MergeRate = -1 })).Message.ShouldContain("MergeRate");
    }
}
