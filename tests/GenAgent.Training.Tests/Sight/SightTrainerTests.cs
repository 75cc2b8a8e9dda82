using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Runs;
using GenAgent.Training.Sight;
using GenAgent.Training.Sources;
using GenAgent.Training.Tests.Runs;
using GenAgent.Training.Tests.Sft;
using TorchSharp;

namespace GenAgent.Training.Tests.Sight;

public sealed class SightTrainerTests
{
    private static readonly TrainingOptions Options = TinyAgent.Options.Training with { Steps = 9, BatchSize = 6, MicroBatchSize = 2, LearningRate = 3e-3 };

    [Fact]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_very_weights_of_one_that_was_not()
    {
        using var start = Start();
        using var whole = new TemporaryFolder();
        using var parts = new TemporaryFolder();
        Train(start.File("model"), whole.Path, Options).Finished.ShouldBeTrue();
        for (var stop = 1; stop < 9; stop += 3) Train(start.File("model"), parts.Path, Options, stopAt: stop).Finished.ShouldBeFalse();
        Train(start.File("model"), parts.Path, Options).Finished.ShouldBeTrue();

        TinyAgent.Weights(parts.Path).ShouldBe(TinyAgent.Weights(whole.Path));
    }

    [Fact]
    public void The_tower_learns_to_see_what_it_is_told_and_the_language_model_stays_as_it_is()
    {
        using var start = Start();
        using var folder = new TemporaryFolder();
        var heldOut = new Dictionary<string, ILabelledImageSource>(StringComparer.Ordinal) { ["quarters"] = new QuartersSource(first: 1000, count: 24) };
        Train(
            start.File("model"),
            folder.Path,
            Options with { Steps = 150, BatchSize = 12, MicroBatchSize = 6, EvaluateEvery = 75, EmaDecay = 0.9 },
            heldOut: heldOut);

        var seen = TinyAgent.Log(folder.Path).Where(entry => entry.TryGetProperty("quarters/right/color", out _)).ToList();
        seen.Count.ShouldBe(2);
        seen[^1].GetProperty("quarters/right/color").GetDouble().ShouldBeGreaterThan(0.95);
        seen[^1].GetProperty("quarters/right/image").GetDouble().ShouldBeGreaterThan(0.8);
        seen[^1].GetProperty("quarters/off/brightness").GetDouble().ShouldBeLessThan(0.15);
        using var before = Qwen25VLCheckpoint.Load(start.File("model"), torch.ScalarType.Float32, torch.CPU);
        using var after = Qwen25VLCheckpoint.Load(folder.File("model"), torch.ScalarType.Float32, torch.CPU);
        foreach (var ((name, old), (_, grown)) in before.named_parameters().Zip(after.named_parameters()))
            old.allclose(grown, rtol: 0, atol: 0).ShouldBe(name.StartsWith("model.language_model", StringComparison.Ordinal), name);
    }

    [Fact]
    public void A_tower_of_another_shape_learns_to_say_what_the_old_one_said()
    {
        using var start = Start();
        using var folder = new TemporaryFolder();
        var heldOut = new Dictionary<string, ILabelledImageSource>(StringComparer.Ordinal) { ["quarters"] = new QuartersSource(first: 1000, count: 24) };
        var options = new SightTrainerOptions
        {
            StartFrom = start.File("model"),
            Tower = TinyAgent.Options.Model.Vision with { PatchSize = 4, MergeSize = 4 },
            Distillation = 1,
            Training = Options with { Steps = 150, BatchSize = 12, MicroBatchSize = 6, EvaluateEvery = 75, EmaDecay = 0.9 },
        };
        Train(options, folder.Path, heldOut: heldOut).Finished.ShouldBeTrue();

        var seen = TinyAgent.Log(folder.Path).Where(entry => entry.TryGetProperty("quarters/distance", out _)).ToList();
        seen[^1].GetProperty("quarters/distance").GetDouble()
            .ShouldBeLessThan(0.5 * TinyAgent.Log(folder.Path).First(entry => entry.TryGetProperty("distance", out _)).GetProperty("distance").GetDouble());
        seen[^1].GetProperty("quarters/right/color").GetDouble().ShouldBeGreaterThan(0.8);
        ImageProcessorOptions.Load(folder.File("model")).PatchSize.ShouldBe(4);
        using var before = Qwen25VLCheckpoint.Load(start.File("model"), torch.ScalarType.Float32, torch.CPU);
        using var after = Qwen25VLCheckpoint.Load(folder.File("model"), torch.ScalarType.Float32, torch.CPU);
        after.Config.Vision.MergeSize.ShouldBe(4);
        var grown = after.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach (var (name, old) in before.named_parameters().Where(p => p.name.StartsWith("model.language_model", StringComparison.Ordinal)))
            old.allclose(grown[name], rtol: 0, atol: 0).ShouldBeTrue(name);
    }

    [Fact]
    public void A_tower_that_no_image_can_be_cut_for_is_refused()
    {
        using var start = Start();
        var options = new SightTrainerOptions { StartFrom = start.File("model"), Tower = TinyAgent.Options.Model.Vision with { Heads = 3 } };

        Should.Throw<InvalidDataException>(() => new SightTrainer(options, new QuartersSource(), "nowhere")).Message.ShouldContain("heads");
    }

    [Fact]
    public void Labels_for_another_number_of_features_are_refused_before_anything_is_trained()
    {
        using var start = Start();

        Should.Throw<InvalidDataException>(
            () => new SightTrainer(new() { StartFrom = start.File("model"), Training = Options }, new QuartersSource(features: 9), "nowhere")).Message
                .ShouldContain(
            "makes 4 features of an image that has labels for 9");
    }

    [Fact]
    public void A_run_does_not_go_on_from_other_images()
    {
        using var start = Start();
        using var folder = new TemporaryFolder();
        Train(start.File("model"), folder.Path, Options, stopAt: 2);

        Should.Throw<ResumeMismatchException>(() => Train(start.File("model"), folder.Path, Options, source: new QuartersSource(first: 7)));
    }

    [Fact]
    public void A_mixture_takes_its_sources_by_their_weights_and_refuses_those_that_do_not_ask_the_same()
    {
        var (labels, measures) = (new long[4], new float[4]);
        var mixture = new MixedImages([(new QuartersSource(first: 0), 3), (new QuartersSource(first: 1_000_000), 1)]);

        // Whoever is behind its share is next; each source goes through its own images in order.
        List<byte[]> second = [.. Enumerable.Range(0, 25).Select(i => new QuartersSource(first: 1_000_000).Read(i, labels, measures).Pixels)];
        var fromSecond = Enumerable.Range(0, 100)
            .Select(i => mixture.Read(i, labels, measures).Pixels)
            .Where(pixels => second.Exists(own => own.AsSpan().SequenceEqual(pixels)))
            .ToList();
        fromSecond.Count.ShouldBe(25);
        fromSecond.Zip(second).ShouldAllBe(pair => pair.First.SequenceEqual(pair.Second));
        Should.Throw<ArgumentException>(() => new MixedImages([(new QuartersSource(), 1), (new QuartersSource(features: 9), 1)])).Message
            .ShouldContain("same features");
        Should.Throw<ArgumentException>(() => new MixedImages([(new QuartersSource(), 0)]));
        Should.Throw<ArgumentException>(() => new MixedImages([(new QuartersSource(), -1)]));
    }

    /// <summary>A model of a few steps of fine-tuning.</summary>
    private static TemporaryFolder Start()
    {
        var folder = new TemporaryFolder();
        TinyAgent.Train(folder.Path, TinyAgent.Options with { Training = TinyAgent.Options.Training with { Steps = 2 } });
        return folder;
    }

    private static TrainingOutcome Train(
        string start, string folder, TrainingOptions options, long stopAt = 0, ILabelledImageSource? source = null,
        IReadOnlyDictionary<string, ILabelledImageSource>? heldOut = null) =>
        Train(new SightTrainerOptions { StartFrom = start, Training = options }, folder, stopAt, source, heldOut);

    private static TrainingOutcome Train(
        SightTrainerOptions options, string folder, long stopAt = 0, ILabelledImageSource? source = null,
        IReadOnlyDictionary<string, ILabelledImageSource>? heldOut = null)
    {
        using var trainer = new SightTrainer(options, source ?? new QuartersSource(), folder, heldOut);
        using var stop = new CancellationTokenSource();
        return trainer.Run(resume: true, evaluation: null, new Each(p =>
        {
            if (p.Step == stopAt) stop.Cancel();
        }), notice: null, stop.Token);
    }

    /// <summary>
    /// Four quarters, each of one of three colours, more or less bright; every fourth quarter is not asked for, and the last one not measured.
    /// </summary>
    private sealed class QuartersSource(long first = 0, long count = long.MaxValue, int features = 4) : ILabelledImageSource
    {
        public string Identity => $"quarters from {first}";

        public long Count => count;

        public int Features => features;

        public IReadOnlyList<LabelKind> Kinds { get; } = [new("color", 3)];

        public IReadOnlyList<string> Measures { get; } = ["brightness"];

        public PixelImage Read(long index, Span<long> labels, Span<float> measures)
        {
            var pixels = new byte[32 * 32 * 3];
            var drawn = (ulong)(index + first + 1) * 0x9E3779B97F4A7C15;
            for (var quarter = 0; quarter < 4; quarter++)
            {
                var color = (int)(drawn >> (16 + (12 * quarter)) & 0xFFF) % 3;
                labels[quarter] = (drawn >> (4 * quarter) & 3) == 0 ? ILabelledImageSource.NotAsked : color;
                var brightness = 120 + ((int)(drawn >> (8 * quarter) & 0x3F) * 2);
                measures[quarter] = quarter == 3 ? float.NaN : brightness / 100f;
                for (var i = 0; i < 16 * 16; i++)
                {
                    pixels[(3 * (((((quarter / 2) * 16) + (i / 16)) * 32) + ((quarter % 2) * 16) + (i % 16))) + color] = (byte)brightness;
                }
            }

            return new PixelImage(32, 32, pixels);
        }
    }
}
