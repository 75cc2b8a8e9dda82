using System.Collections.Concurrent;
using GenAgent.Generators;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Imaging;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace GenAgent.Torch.Tests.Flux.Engine;

public sealed class FluxImageEngineTests : IDisposable
{
    private static readonly string[] Prompts = ["a red circle", "a blue square on the left", "", "a green star", "the red star on the right"];

    private readonly TinyFluxFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_seed_gives_the_same_image_alone_in_a_batch_of_8_and_from_50_tasks()
    {
        var alone = new List<FluxImage>();
        await using (var engine = _folder.OpenEngine(TinyFluxFolder.Options with { MaxBatch = 1 }))
        {
            for (var index = 0; index < 50; index++) alone.Add(await engine.PaintAsync(Request(index)));
        }

        await using var shared = _folder.OpenEngine(TinyFluxFolder.Options with { MaxWait = TimeSpan.FromMilliseconds(200) });
        var eight = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => shared.PaintAsync(Request(index))));
        var fifty = await Task.WhenAll(Enumerable.Range(0, 50).Select(index => Task.Run(() => shared.PaintAsync(Request(index)))));

        foreach (var (index, image) in eight.Index()) ShouldBeSame(image, alone[index]);
        foreach (var (index, image) in fifty.Index()) ShouldBeSame(image, alone[index]);
        Differ(alone[0], alone[5]).ShouldBeGreaterThan(0.5, "the same prompt with another seed");
    }

    [Fact]
    public async Task A_cancelled_request_leaves_its_batch_between_two_steps_and_the_others_finish()
    {
        await using var engine = _folder.OpenEngine(TinyFluxFolder.Options with { MaxBatch = 3, MaxWait = TimeSpan.FromSeconds(30), DefaultSteps = 4 });
        using var cancellation = new CancellationTokenSource();
        var steps = new ConcurrentQueue<int>();
        var cancelled = engine.PaintAsync(
            Request(1) with
            {
                Progress = new Watcher(progress =>
                {
                    if (!string.Equals(progress.Stage, "sampling", StringComparison.Ordinal)) return;
                    steps.Enqueue(progress.Step!.Value);
                    if (progress.Step == 2) cancellation.Cancel();
                }),
            },
            cancellation.Token);
        var others = new[] { engine.PaintAsync(Request(0)), engine.PaintAsync(Request(2)) };

        var images = await Task.WhenAll(others);

        await Should.ThrowAsync<OperationCanceledException>(cancelled);
        steps.ShouldBe([1, 2]);
        await using var plain = _folder.OpenEngine(TinyFluxFolder.Options with { MaxBatch = 1, DefaultSteps = 4 });
        ShouldBeSame(images[0], await plain.PaintAsync(Request(0)));
        ShouldBeSame(images[1], await plain.PaintAsync(Request(2)));
    }

    [Fact]
    public async Task A_watcher_sees_every_step_in_order_and_as_many_previews_as_it_asked_for()
    {
        await using var engine = _folder.OpenEngine(TinyFluxFolder.Options with { DefaultSteps = 6 });
        var reports = new ConcurrentQueue<ImageProgress>();

        await engine.PaintAsync(Request(0) with { Previews = 3, Progress = new Watcher(reports.Enqueue) });

        reports.Select(report => report.Stage).Distinct().ShouldBe(["queued", "reading", "sampling"]);
        reports.Where(report => report.Stage == "sampling").Select(report => report.Step).ShouldBe([1, 2, 3, 4, 5, 6]);
        reports.Select(report => report.Fraction).ShouldBeInOrder();
        var previews = reports.Where(report => report.Preview is not null).Select(report => ImageDecoder.Decode(report.Preview!.Data)).ToList();
        previews.Count.ShouldBe(2, "the third is the image itself");
        previews.ShouldAllBe(preview => preview.Width == 8 && preview.Height == 8);
    }

    [Fact]
    public async Task Parts_that_do_not_fit_into_memory_together_take_turns_and_paint_the_same_image()
    {
        await using var roomy = _folder.OpenEngine();
        await using var tight = _folder.OpenEngine(TinyFluxFolder.Options with { MemoryBudget = 1, CachedPrompts = 0 });

        for (var index = 0; index < 3; index++) ShouldBeSame(await tight.PaintAsync(Request(index)), await roomy.PaintAsync(Request(index)));
    }

    [Fact]
    public async Task A_request_that_fails_fails_alone_and_the_engine_goes_on()
    {
        await using var engine = _folder.OpenEngine();

        var fault = await Should.ThrowAsync<FileNotFoundException>(engine.PaintAsync(Request(0) with { Loras = [new FluxLora("nowhere.safetensors")] }));

        fault.Message.ShouldContain("nowhere.safetensors");
        (await engine.PaintAsync(Request(0))).Pixels.Width.ShouldBe(16);
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_cut_with_a_warning_that_says_what_was_lost()
    {
        await using var engine = _folder.OpenEngine();

        var image = await engine.PaintAsync(Request(0) with { Prompt = "a red circle on the left blue star" });

        image.Warnings.ShouldContain(
            warning => warning.Contains("\"left blue star\"", StringComparison.Ordinal) && warning.Contains("6 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_odd_size_is_rounded_with_a_warning_and_an_impossible_one_refused()
    {
        await using var engine = _folder.OpenEngine();

        var image = await engine.PaintAsync(Request(0) with { Width = 21, Height = 15 });

        (image.Pixels.Width, image.Pixels.Height).ShouldBe((20, 16));
        image.Warnings.ShouldContain("The size 21 x 15 was rounded to 20 x 16: both sides must be multiples of 4.");
        (await Should.ThrowAsync<ArgumentException>(engine.PaintAsync(Request(0) with { Width = 0 }))).Message.ShouldContain("0 x 16");
        (await Should.ThrowAsync<ArgumentException>(engine.PaintAsync(Request(0) with { Width = 100_000, Height = 100_000 }))).Message.ShouldContain("at most");
    }

    [Fact]
    public async Task A_negative_prompt_works_through_classifier_free_guidance_and_else_says_that_it_does_not()
    {
        await using var engine = _folder.OpenEngine();
        var plain = await engine.PaintAsync(Request(0));

        var unheard = await engine.PaintAsync(Request(0) with { NegativePrompt = "star" });
        var heard = await engine.PaintAsync(Request(0) with { NegativePrompt = "star", TrueCfgScale = 3 });

        ShouldBeSame(unheard, plain);
        unheard.Warnings.ShouldHaveSingleItem().ShouldContain("true_cfg_scale");
        Differ(heard, plain).ShouldBeGreaterThan(0.01);
        heard.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_memory_that_each_part_takes_is_said_before_it_is_loaded()
    {
        var logs = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(logs)));
        await using var engine = new FluxImageEngine(FluxModelFiles.FromFolder(_folder.Path), TinyFluxFolder.Options, loggers);

        await engine.PaintAsync(Request(0));

        string[] said = [.. logs.GetSnapshot().Select(entry => entry.Message).Where(message => message.StartsWith("Loading the ", StringComparison.Ordinal))];
        said.Length.ShouldBeGreaterThanOrEqualTo(3);
        said.ShouldAllBe(message => message.EndsWith(" GiB of memory", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_guidance_embedding_the_guidance_scale_is_ignored_as_the_pipeline_ignores_it_and_said_to_be()
    {
        using var folder = new TinyFluxFolder(guidanceEmbeds: false);
        await using var engine = folder.OpenEngine();
        var plain = await engine.PaintAsync(Request(0));

        var guided = await engine.PaintAsync(Request(0) with { GuidanceScale = 3.5 });

        plain.Warnings.ShouldBeEmpty();
        ShouldBeSame(guided, plain);
        guided.Warnings.ShouldHaveSingleItem().ShouldContain("The guidance scale 3.5 has no effect");
    }

    [Fact]
    public async Task Without_guidance_embedding_a_model_whose_folder_recommends_a_scale_is_guided_classifier_free()
    {
        using var folder = new TinyFluxFolder(guidanceEmbeds: false);
        FluxFolderWriter.SaveIndex(folder.Path, new FluxDefaults { GuidanceScale = 3 });
        await using var engine = folder.OpenEngine();

        var guided = await engine.PaintAsync(Request(0));

        ShouldBeSame(guided, await engine.PaintAsync(Request(0) with { TrueCfgScale = 3, NegativePrompt = "" }));
        Differ(guided, await engine.PaintAsync(Request(0) with { GuidanceScale = 1 })).ShouldBeGreaterThan(0.01);
    }

    [Fact]
    public async Task Latents_that_are_no_numbers_are_an_error_and_never_a_black_image()
    {
        using var folder = new TinyFluxFolder();
        using (var broken = TinyFlux.NewTransformer())
        {
            using var noGradients = TorchSharp.torch.no_grad();
            broken.Linears()["proj_out"].Weight.FillInPlace(double.NaN);
            FluxFolderWriter.Save(folder.Path, broken);
        }

        await using var engine = folder.OpenEngine();
        (await Should.ThrowAsync<InvalidDataException>(engine.PaintAsync(Request(0)))).Message.ShouldContain(
            "latents are not finite numbers after step 1 of 3 (Float32)");
    }

    [Fact]
    public async Task An_image_is_kept_more_the_less_strength_it_is_changed_with()
    {
        await using var engine = _folder.OpenEngine(TinyFluxFolder.Options with { DefaultSteps = 8 });
        var start = (await engine.PaintAsync(Request(3))).Pixels;

        var little = await engine.PaintAsync(Request(0) with { Start = start, Strength = 0.2 });
        var much = await engine.PaintAsync(Request(0) with { Start = start, Strength = 0.9 });

        Differ(little, much).ShouldBeGreaterThan(0.01);
        (await Should.ThrowAsync<ArgumentException>(engine.PaintAsync(Request(0) with { Start = start, Strength = 0 }))).Message.ShouldContain(
            "none of the 8 steps");
    }

    [Fact]
    public async Task A_reference_image_changes_what_is_painted()
    {
        await using var engine = _folder.OpenEngine();
        var reference = new RgbImage(12, 8, [.. Enumerable.Range(0, 12 * 8 * 3).Select(value => (byte)(value * 7))]);

        var looked = await engine.PaintAsync(Request(0) with { Reference = reference });

        Differ(looked, await engine.PaintAsync(Request(0))).ShouldBeGreaterThan(0.01);
    }

    [Fact]
    public async Task A_disposed_engine_cancels_what_waits_and_takes_nothing_more()
    {
        var engine = _folder.OpenEngine(TinyFluxFolder.Options with { MaxWait = TimeSpan.FromSeconds(30) });
        var waiting = engine.PaintAsync(Request(0));

        await engine.DisposeAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await Should.ThrowAsync<ObjectDisposedException>(engine.PaintAsync(Request(0)));
    }

    [Fact]
    public async Task Disposal_waits_for_the_step_that_is_being_painted()
    {
        var generator = new FluxImageGenerator(_folder.OpenEngine(TinyFluxFolder.Options with { DefaultSteps = 4 }));
        var hasReturned = new ConcurrentQueue<bool>();
        var painting = generator.GenerateAsync(
            new ImageGenerationRequest("a red circle"),
            new ImageGenerationOptions().WithProgress(new Watcher(progress =>
            {
                // Held here, the painter is in the middle of its work: whoever disposes now must wait.
                if (progress.Step != 2) return;
                var other = new Thread(generator.Dispose);
                other.Start();
                hasReturned.Enqueue(other.Join(TimeSpan.FromMilliseconds(200)));
            })));

        await Should.ThrowAsync<OperationCanceledException>(painting);

        hasReturned.ShouldBe([false]);
        generator.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(() => generator.GenerateAsync(new ImageGenerationRequest("a")));
    }

    [Fact]
    public async Task A_watcher_that_disposes_of_its_own_generator_ends_its_request_and_does_not_wait_for_itself()
    {
        var generator = new FluxImageGenerator(_folder.OpenEngine());
        var painting = generator.GenerateAsync(
            new ImageGenerationRequest("a red circle"), new ImageGenerationOptions().WithProgress(new Watcher(progress =>
            {
                if (progress.Step == 1) generator.Dispose();
            })));

        await Should.ThrowAsync<OperationCanceledException>(painting);
    }

    [Fact]
    public async Task A_text_encoder_of_another_width_is_refused_when_the_model_is_opened()
    {
        await using (_folder.OpenEngine())
        {
        }

        using var t5 = new GenAgent.Torch.Flux.TextEncoders.T5Encoder(TinyFlux.T5 with { DModel = 20 });
        GenAgent.Torch.Flux.FluxInitializer.Initialize(t5, 1);
        FluxFolderWriter.Save(_folder.Path, t5);

        var fault = Should.Throw<InvalidDataException>(() => _folder.OpenEngine());

        fault.Message.ShouldContain("20 wide");
        fault.Message.ShouldContain("takes 12");
        fault.Message.ShouldContain("text_encoder_2");
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Should.Throw<ArgumentException>(() => _folder.OpenEngine(TinyFluxFolder.Options with { MaxBatch = 0 })).Message.ShouldContain("\"MaxBatch\" is 0");
    }

    internal static FluxImageRequest Request(int index) => new() { Prompt = Prompts[index % Prompts.Length], Seed = 1000 + index };

    internal static void ShouldBeSame(FluxImage actual, FluxImage expected)
    {
        actual.Pixels.Pixels.Length.ShouldBe(expected.Pixels.Pixels.Length);
        var off = actual.Pixels.Pixels.Zip(expected.Pixels.Pixels).Count(pair => Math.Abs(pair.First - pair.Second) > 1);
        off.ShouldBeLessThanOrEqualTo(actual.Pixels.Pixels.Length / 1000);
    }

    /// <summary>Share of the values that differ by more than a level.</summary>
    private static double Differ(FluxImage one, FluxImage other) =>
        one.Pixels.Pixels.Zip(other.Pixels.Pixels).Average(pair => Math.Abs(pair.First - pair.Second) > 1 ? 1.0 : 0);

    private sealed class Watcher(Action<ImageProgress> watch) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => watch(value);
    }
}
