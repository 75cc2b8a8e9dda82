using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Tests.Runs;
using GenAgent.Training.Tests.Sources;
using TorchSharp;

namespace GenAgent.Training.Tests.Autoencoder;

public sealed class VaeTrainerTests
{
    internal static readonly VaeTrainerOptions Tiny = new()
    {
        Model = new AutoencoderConfig
        {
            BlockOutChannels = [4, 4],
            LayersPerBlock = 1,
            NormNumGroups = 2,
            LatentChannels = 2,
            UseQuantConv = false,
            UsePostQuantConv = false
        },
        Loss = new VaeLossOptions { Perceptual = 0.1 },
        Training = new TrainingOptions
        {
            Seed = 3,
            Steps = 12,
            BatchSize = 6,
            MicroBatchSize = 2,
            Workers = 2,
            LearningRate = 3e-3,
            Schedule = new LearningRateSchedule { Shape = LearningRateShape.Constant },
            CheckpointEvery = 5,
            LogEvery = 2,
        },
    };

    [Fact]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_very_weights_of_one_that_was_not()
    {
        using var whole = new TemporaryFolder();
        using var parts = new TemporaryFolder();
        Train(whole.Path);
        for (var stop = 1; stop < 12; stop += 4) Train(parts.Path, stopAt: stop);
        Train(parts.Path).Finished.ShouldBeTrue();

        Weights(parts.Path).ShouldBe(Weights(whole.Path));
        File.ReadAllText(parts.File("vae/config.json")).ShouldBe(File.ReadAllText(whole.File("vae/config.json")));
    }

    [Fact]
    public void The_same_recipe_gives_the_same_losses_and_another_seed_others()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        using var third = new TemporaryFolder();
        Train(first.Path);
        Train(second.Path);
        Train(third.Path, Tiny with { Training = Tiny.Training with { Seed = 4 } });

        Losses(second.Path).ShouldBe(Losses(first.Path));
        Losses(third.Path).ShouldNotBe(Losses(first.Path));
    }

    [Fact]
    public void Training_brings_the_images_back_better_than_the_first_weights_did()
    {
        using var folder = new TemporaryFolder();
        var evaluation = new MeanSquare();
        Train(folder.Path, Tiny with { Training = Tiny.Training with { Steps = 60, EvaluateEvery = 10 } }, evaluation: evaluation);

        evaluation.Errors[^1].ShouldBeLessThan(0.5 * evaluation.Errors[0]);
    }

    [Fact]
    public void The_model_that_is_written_sees_latents_of_mean_0_and_variance_1()
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path);

        using var scope = torch.NewDisposeScope();
        using var model = FluxFolder.LoadAutoencoder(folder.Path);
        var source = new StripesSource();
        var images = torch.empty(source.Count, 3, 8, 8);
        for (var i = 0; i < source.Count; i++)
        {
            var pixels = new float[3 * 8 * 8];
            source.ReadImage(i, pixels);
            images[i].copy_(torch.tensor(pixels).view(3, 8, 8));
        }

        using var frozen = torch.no_grad();
        var latents = model.Scale(model.Encode(images).Mean);
        latents.mean().item<float>().ShouldBe(0, 0.01);
        latents.var(unbiased: false).item<float>().ShouldBe(1, 0.01);
    }

    [Fact]
    public void A_decoder_can_learn_on_alone_while_the_latents_stay_what_they_are()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        Train(first.Path);
        using (var trainer = new VaeTrainer(Tiny with { TrainEncoder = false }, new StripesSource(), second.Path, first.Path))
            trainer.Run().Finished.ShouldBeTrue();

        using var scope = torch.NewDisposeScope();
        using var before = FluxFolder.LoadAutoencoder(first.Path);
        using var after = FluxFolder.LoadAutoencoder(second.Path);
        File.ReadAllText(second.File("vae/config.json")).ShouldBe(File.ReadAllText(first.File("vae/config.json")));
        var old = before.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach (var (name, parameter) in after.named_parameters())
            parameter.eq(old[name]).all().item<bool>().ShouldBe(name.StartsWith("encoder.", StringComparison.Ordinal), name);
    }

    [Fact]
    public void A_decoder_is_not_trained_behind_an_encoder_that_never_learned() =>
        Should.Throw<InvalidDataException>(() => new VaeTrainer(Tiny with { TrainEncoder = false }, new StripesSource(), "nowhere")).Message
            .ShouldContain("startFrom");

    [Fact]
    public void A_checkpoint_of_another_recipe_is_refused()
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path, stopAt: 3);

        Should.Throw<ResumeMismatchException>(() => Train(folder.Path, Tiny with { Loss = new VaeLossOptions { L1 = 2 } })).Message
            .ShouldContain("another run");
    }

    [Fact]
    public void A_new_run_does_not_overwrite_an_old_one()
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path);
        using var trainer = new VaeTrainer(Tiny, new StripesSource(), folder.Path);

        Should.Throw<InvalidOperationException>(() => trainer.Run()).Message.ShouldContain("resume it");
    }

    [Fact]
    public void Images_that_do_not_fit_the_autoencoder_are_refused_before_training() =>
        Should.Throw<InvalidDataException>(() => new VaeTrainer(Tiny, new StripesSource(size: 9), "nowhere")).Message.ShouldContain("9 x 9");

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_run_instead_of_spoiling_it()
    {
        using var folder = new TemporaryFolder();
        using var trainer = new VaeTrainer(Tiny, new StripesSource(darkest: float.NaN), folder.Path);

        Should.Throw<TrainingDivergedException>(() => trainer.Run()).Message.ShouldContain("lower the learning rate");
    }

    internal static TrainingOutcome Train(
        string folder,
        VaeTrainerOptions? options = null,
        long stopAt = 0,
        IReconstructionEvaluation? evaluation = null,
        IProgress<TrainingProgress>? progress = null)
    {
        using var trainer = new VaeTrainer(options ?? Tiny, new StripesSource(), folder);
        using var stop = new CancellationTokenSource();
        progress ??= new Each(p =>
        {
            if (p.Step == stopAt) stop.Cancel();
        });
        return trainer.Run(resume: true, evaluation, progress, notice: null, stop.Token);
    }

    internal static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, "vae", "diffusion_pytorch_model.safetensors"));

    private static double[] Losses(string folder) => [.. File.ReadLines(Path.Combine(folder, "metrics.jsonl"))
        .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];

    private sealed class MeanSquare : IReconstructionEvaluation
    {
        public List<double> Errors { get; } = [];

        public IReadOnlyDictionary<string, double> Evaluate(long step, Func<IReadOnlyList<long>, Reconstructions> reconstruct)
        {
            Errors.Add(reconstruct([0, 1, 2, 3]).MeanSquaredError);
            return new Dictionary<string, double> { ["mse"] = Errors[^1] };
        }
    }
}
