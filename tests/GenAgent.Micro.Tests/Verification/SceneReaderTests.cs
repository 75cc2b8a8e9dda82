using System.Diagnostics;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Verification;

public sealed class SceneReaderTests
{
    private static readonly SceneReader Reader = new();
    private static readonly SceneSampler Sampler = new();

    /// <summary>The share of random scenes of which every object is read right, and none besides.</summary>
    private static double Exact(int count, Func<RgbImage, SeededDraws, RgbImage> degrade, int from = 0)
    {
        using var renderer = new SceneRenderer();
        var exact = 0;
        for (var i = from; i < from + count; i++)
        {
            var scene = Sampler.Sample((ulong)i);
            var reading = Reader.Read(degrade(renderer.Render(scene), new SeededDraws((ulong)i)));
            exact += reading.Canvas == scene.Canvas && SceneVerifier.Verify(reading, scene).Passed ? 1 : 0;
        }

        return exact / (double)count;
    }

    [Fact]
    public void Rendered_scenes_are_read_exactly() => Exact(1000, (image, _) => image).ShouldBeGreaterThanOrEqualTo(0.999);

    [Fact(Explicit = true)]
    public void Twenty_thousand_rendered_scenes_are_read_exactly() => Exact(20_000, (image, _) => image, 1_000_000).ShouldBeGreaterThanOrEqualTo(0.999);

    [Fact(Explicit = true)]
    public void Twenty_thousand_mildly_degraded_scenes_are_read_exactly() =>
        Exact(20_000, (image, draws) => image.Blur(0.8).ColorShift(0.05, 8, draws).Noise(6, draws), 1_000_000).ShouldBeGreaterThanOrEqualTo(0.98);

    public static TheoryData<string, double> Degradations => new()
    {
        { "mild blur, noise and colour shift", 0.98 },
        { "strong blur", 0.97 },
        { "strong noise", 0.97 },
        { "strong colour shift", 0.97 },
        { "half resolution", 0.97 },
        { "jpeg", 0.94 },
        { "clouds", 0.97 },
        { "ringing", 0.97 },
        { "everything at once", 0.88 },
    };

    [Theory]
    [MemberData(nameof(Degradations))]
    public void Imperfect_images_are_still_read(string what, double atLeast) => Exact(120, what switch
    {
        "mild blur, noise and colour shift" => (image, draws) => image.Blur(0.8).ColorShift(0.05, 8, draws).Noise(6, draws),
        "strong blur" => (image, _) => image.Blur(1.6),
        "strong noise" => (image, draws) => image.Noise(15, draws),
        "strong colour shift" => (image, draws) => image.ColorShift(0.1, 15, draws),
        "half resolution" => (image, _) => image.ThroughSide(48),
        "jpeg" => (image, _) => image.ThroughJpeg(50),
        "clouds" => (image, draws) => image.Clouds(10, draws),
        "ringing" => (image, _) => image.Ringing(1),
        _ => (image, draws) => image.Blur(1.2).ColorShift(0.06, 10, draws).Noise(8, draws).Clouds(8, draws).ThroughJpeg(60),
    }).ShouldBeGreaterThanOrEqualTo(atLeast, what);

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Larger_images_are_read_as_well(int scale)
    {
        using var renderer = new SceneRenderer(scale);
        for (ulong seed = 0; seed < 40; seed++)
        {
            var scene = Sampler.Sample(seed);
            SceneVerifier.Verify(Reader.Read(renderer.Render(scene)), scene).Reason.ShouldStartWith("Everything");
        }
    }

    [Fact]
    public void Places_and_sizes_are_measured_to_a_fraction_of_a_pixel()
    {
        using var renderer = new SceneRenderer();
        var scene = new Scene(CanvasColor.Gray, World.Classes.Take(7).Select((c, i) =>
            new SceneObject(c, (ShapeColor)i, i % 2 == 0 ? ShapeSize.Large : ShapeSize.Small, (GridCell)i, 1.3f, -0.7f)));

        var seen = Reader.Read(renderer.Render(scene)).Objects;

        for (var i = 0; i < seen.Count; i++)
        {
            seen[i].CenterX.ShouldBe(scene.Objects[i].CenterX, 0.35f);
            seen[i].CenterY.ShouldBe(scene.Objects[i].CenterY, 0.35f);
            seen[i].Radius.ShouldBe(scene.Objects[i].Radius, 0.3f);
            seen[i].Confidence.ShouldBeGreaterThan(0.8f);
        }
    }

    [Fact]
    public void Like_coloured_neighbours_do_not_merge_when_they_lean_towards_each_other_and_blur()
    {
        using var renderer = new SceneRenderer();
        var scene = new Scene(CanvasColor.White,
        [
            new(ShapeClass.Square, ShapeColor.Blue, ShapeSize.Large, GridCell.MiddleLeft, 2, 0),
            new(ShapeClass.Square, ShapeColor.Blue, ShapeSize.Large, GridCell.Center, -2, 0),
            new(ShapeClass.Circle, ShapeColor.Yellow, ShapeSize.Large, GridCell.TopCenter, -2, 2),
            new(ShapeClass.Circle, ShapeColor.Pink, ShapeSize.Large, GridCell.BottomCenter, -2, -2),
        ]);

        SceneVerifier.Verify(Reader.Read(renderer.Render(scene).Blur(1.6)), scene).Reason.ShouldStartWith("Everything");
    }

    [Fact]
    public void An_empty_canvas_shows_nothing_however_noisy()
    {
        using var renderer = new SceneRenderer();
        foreach (var canvas in World.Canvases)
        {
            for (ulong seed = 0; seed < 20; seed++)
            {
                var draws = new SeededDraws(seed);
                var reading = Reader.Read(renderer.Render(new Scene(canvas, [])).Noise(10, draws).Clouds(10, draws).ThroughJpeg(60));
                reading.Objects.ShouldBeEmpty($"{canvas} {seed}");
                reading.Canvas.ShouldBe(canvas);
            }
        }
    }

    [Fact]
    public void Half_made_objects_are_reported_as_unclear_not_guessed()
    {
        using var renderer = new SceneRenderer();
        RgbImage One(ShapeClass kind, ShapeColor color, CanvasColor canvas = CanvasColor.White) =>
            renderer.Render(new Scene(canvas, [new(kind, color, ShapeSize.Large, GridCell.Center)]));
        var blue = One(ShapeClass.Square, ShapeColor.Blue);
        var red = One(ShapeClass.Square, ShapeColor.Red);
        var cases = new Dictionary<string, RgbImage>(StringComparer.Ordinal)
        {
            ["half red, half blue"] = blue.Map((v, i) => i / 3 % 96 < 48 ? v : red.Pixels[i]),
            ["a square with a bite"] = blue.Map((v, i) => i / 3 % 96 > 48 && i / 3 / 96 < 50 ? 245 : v),
            ["circle and cross at once"] = One(ShapeClass.Circle, ShapeColor.Green).Mix(One(ShapeClass.Cross, ShapeColor.Green)),
            ["heart and ring at once"] = One(ShapeClass.Heart, ShapeColor.Brown).Mix(One(ShapeClass.Ring, ShapeColor.Brown)),
            ["a bar"] = Bar(),
            ["olive, between orange and green"] = One(ShapeClass.Heart, ShapeColor.Orange).Mix(One(ShapeClass.Heart, ShapeColor.Green)),
            ["a ghost"] = One(ShapeClass.Diamond, ShapeColor.Blue).Mix(One(ShapeClass.Diamond, ShapeColor.Blue).Map((_, _) => 245), 0.72),
        };

        foreach (var (what, image) in cases)
        {
            var seen = Reader.Read(image).Objects;
            seen.ShouldNotBeEmpty(what);
            seen.ShouldAllBe(o => !o.IsClear && o.Confidence < 0.5f, what);
        }
    }

    private static RgbImage Bar()
    {
        using var renderer = new SceneRenderer();
        var square = renderer.Render(new Scene(CanvasColor.White, [new(ShapeClass.Square, ShapeColor.Blue, ShapeSize.Large, GridCell.Center)]));
        return square.Map((value, i) => i / 3 / 96 is > 44 and < 52 ? value : 245);
    }

    [Fact(Explicit = true)]
    public void Reading_takes_two_milliseconds_at_most_on_one_core()
    {
        using var renderer = new SceneRenderer();
        var images = Enumerable.Range(0, 400).Select(i => renderer.Render(Sampler.Sample((ulong)i))).ToList();
        foreach (var image in images)
            Reader.Read(image);
        var clock = Stopwatch.StartNew();
        foreach (var image in images)
            Reader.Read(image);
        (clock.Elapsed.TotalMilliseconds / images.Count).ShouldBeLessThan(2);
    }
}
