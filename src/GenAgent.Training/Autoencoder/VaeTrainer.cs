using GenAgent.Torch;
using GenAgent.Seeds;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sources;
using static TorchSharp.torch;

namespace GenAgent.Training.Autoencoder;

/// <summary>Options of an autoencoder's training run.</summary>
public sealed record VaeTrainerOptions
{
    /// <summary>The autoencoder. Its scaling and shift are measured at the end of the run; values given here are ignored.</summary>
    public AutoencoderConfig Model { get; init; } = new();

    /// <summary>
    /// Whether to train the encoder. If not, only the decoder is trained: the latents stay the same, and a transformer trained on them stays valid.
    /// </summary>
    public bool TrainEncoder { get; init; } = true;

    /// <summary>Weights of the loss terms.</summary>
    public VaeLossOptions Loss { get; init; } = new();

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}

/// <summary>Evaluates an autoencoder's reconstructions during training; the figures go to the run's log.</summary>
public interface IReconstructionEvaluation
{
    /// <summary>Evaluates.</summary>
    /// <param name="stepsTaken">Optimizer steps so far.</param>
    /// <param name="reconstruct">Reconstructs images of the source, by number.</param>
    /// <returns>Figures by name; a <c>/</c> groups them.</returns>
    IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, Func<IReadOnlyList<long>, Reconstructions> reconstruct);
}

/// <summary>
/// Trains an <see cref="AutoencoderKL"/> on images by the weighted sum of L1, L2, divergence and, if asked for, a perceptual term, and writes
/// <c>vae/config.json</c> and its weights (the averaged ones) in diffusers' layout. Used by one thread; the trainer starts its own workers.
/// </summary>
public sealed class VaeTrainer : Trainer<IReconstructionEvaluation>, IObjective
{
    private const int StatisticsSamples = 1024;

    private readonly VaeTrainerOptions _options;
    private readonly IImageCaptionSource _source;
    private readonly SeedPath _seed;
    private readonly Device _device;
    private readonly AutoencoderKL _model;
    private readonly FlatParameters _parameters;
    private readonly RandomFeatures? _features;

    /// <summary>Builds the model with its initial weights, or with those of another model.</summary>
    /// <param name="options">Sizes, loss, optimizer.</param>
    /// <param name="source">The images.</param>
    /// <param name="folder">The run's folder: checkpoints, log, and at the end the model as <c>vae/</c>.</param>
    /// <param name="startFrom">A model folder whose <c>vae/</c> (config and weights) is the starting point; null starts from random weights.</param>
    /// <exception cref="InvalidDataException">The model cannot be built, the source's images do not fit it, or the encoder is frozen and there is no model
    /// to start from.</exception>
    public VaeTrainer(VaeTrainerOptions options, IImageCaptionSource source, string folder, string? startFrom = null)
        : base(folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        if (startFrom is null && !options.TrainEncoder)
        {
            throw new InvalidDataException(
                "\"trainEncoder\" is false, but there is no model to start from, so the encoder would stay untrained. Name a model as \"startFrom\".");
        }
        (_seed, _device) = (SeedPath.FromRoot(options.Training.Seed), TrainingDevice.Open(options.Training));
        _model = startFrom is null ? new AutoencoderKL(options.Model, _device) : FluxFolder.LoadAutoencoder(startFrom, _device);
        (_options, _source) = (options with { Model = _model.Config }, source);
        var scale = _model.Config.Downscale;
        if (source.Width % scale != 0 || source.Height % scale != 0)
            throw new InvalidDataException(
                $"Images of {source.Width} x {source.Height} do not fit an autoencoder that works in blocks of {scale} x {scale} pixels.");
        if (startFrom is null) FluxInitializer.Initialize(_model, _seed.Child("weights").Value);
        if (!options.TrainEncoder) FreezeEncoder();
        _parameters = new FlatParameters(_model.named_parameters());
        _features = options.Loss.Perceptual > 0 ? new RandomFeatures(_seed, _device) : null;
    }

    /// <inheritdoc/>
    private protected override FlatParameters Parameters => _parameters;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _features?.Dispose();
        _model.Dispose();
        _parameters.Dispose();
    }

    /// <inheritdoc/>
    private protected override (TrainingOptions, TrainingParts) Prepare(
        IReconstructionEvaluation? evaluation, Action<string>? notice, CancellationToken cancellationToken) =>
        (_options.Training, new TrainingParts(Folder, Parameters)
        {
            Work = new EqualShares(this, _options.Training.MicroBatchSize),
            SourceCount = _source.Count,
            Kind = "vae",
            DecidedBy = new { _options.Model, _options.TrainEncoder, _options.Loss, Source = _source.Identity },
            Evaluate = evaluation is null ? null : step => evaluation.Evaluate(step, Reconstruct),
        });

    Tensor IObjective.Loss(MicroBatch batch, MetricSums metrics)
    {
        var share = (double)batch.Count / batch.StepSamples;
        var images = ReadImages(batch.Samples.Span);
        using var latents = Encode(images);
        var reconstruction = _model.Decode(latents.Sample(Noise(batch, latents.Mean.shape)));

        var difference = reconstruction - images;
        var l1 = difference.abs().mean();
        var l2 = difference.Squared().mean();
        var divergence = latents.KullbackLeibler().mean().Over(latents.Mean.numel() / (double)batch.Count);
        metrics.Add("l1", l1.item<float>(), share);
        metrics.Add("mse", l2.item<float>(), share);
        metrics.Add("kl", divergence.item<float>(), share);

        var loss = l1.Times(_options.Loss.L1).Plus(l2, _options.Loss.L2).Plus(divergence, _options.Loss.KullbackLeibler);
        if (_features is not null)
        {
            var perceptual = _features.Distance(reconstruction, images);
            metrics.Add("perceptual", perceptual.item<float>(), share);
            loss = loss.Plus(perceptual, _options.Loss.Perceptual);
        }

        return loss.Times(share);
    }

    private LatentDistribution Encode(Tensor images)
    {
        if (_options.TrainEncoder) return _model.Encode(images);
        using var frozen = no_grad();
        return _model.Encode(images);
    }

    private void FreezeEncoder()
    {
        foreach (var (name, parameter) in _model.named_parameters())
        {
            if (name.StartsWith("encoder.", StringComparison.Ordinal) || name.StartsWith("quant_conv.", StringComparison.Ordinal))
            {
                parameter.requires_grad = false;
            }
        }
    }

    private Tensor ReadImages(ReadOnlySpan<long> samples)
    {
        var images = empty(samples.Length, 3, _source.Height, _source.Width);
        var planes = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(images.bytes);
        var size = 3 * _source.Height * _source.Width;
        for (var i = 0; i < samples.Length; i++) _source.ReadImage(samples[i], planes.Slice(i * size, size));
        return images.to(_device);
    }

    private Tensor Noise(MicroBatch batch, long[] shape)
    {
        var root = _seed.Child("latent-noise");
        return stack([.. Enumerable.Range(0, batch.Count).Select(i => SeededNoise.Normal(root.Child("sample", batch.FirstPosition + i), shape.AsSpan(1)))])
            .to(_device);
    }

    private Reconstructions Reconstruct(IReadOnlyList<long> samples)
    {
        using var frozen = inference_mode();
        using var scope = NewDisposeScope();
        var images = ReadImages([.. samples]);
        var reconstruction = _model.forward(images);
        var error = (images - reconstruction.Within(-1, 1)).Squared().mean().item<float>();
        return new(PixelImage.FromBatch(images), PixelImage.FromBatch(reconstruction), error);
    }

    /// <inheritdoc/>
    private protected override void Export()
    {
        using var finished = new AutoencoderKL(_options.TrainEncoder ? Measured() : _options.Model);
        FluxFolderWriter.Save(Folder, finished, _model.state_dict());
    }

    private AutoencoderConfig Measured()
    {
        var (mean, deviation) = MeasureLatents();
        return _options.Model with
        {
            ShiftFactor = Math.Round(mean, 6),
            ScalingFactor = Math.Round(1 / deviation, 6),
            SampleSize = Math.Max(_source.Width, _source.Height),
        };
    }

    // The transformer must see latents with mean 0 and variance 1 over all values.
    private (double Mean, double Deviation) MeasureLatents()
    {
        using var frozen = inference_mode();
        var (sum, squares, count) = (0.0, 0.0, 0L);
        var samples = (int)Math.Min(StatisticsSamples, _source.Count);
        for (var at = 0; at < samples; at += _options.Training.MicroBatchSize)
        {
            using var scope = NewDisposeScope();
            long[] indices = [.. Enumerable.Range(at, Math.Min(_options.Training.MicroBatchSize, samples - at)).Select(i => (long)i)];
            var latents = _model.Encode(ReadImages(indices)).Mean.to_type(ScalarType.Float64);
            sum += latents.sum().item<double>();
            squares += latents.Squared().sum().item<double>();
            count += latents.numel();
        }

        var mean = sum / count;
        return (mean, Math.Sqrt(Math.Max((squares / count) - (mean * mean), 1e-12)));
    }
}
