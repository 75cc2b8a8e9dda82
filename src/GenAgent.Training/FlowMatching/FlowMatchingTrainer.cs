using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Seeds;
using GenAgent.Storage;
using GenAgent.Torch;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sources;
using GenAgent.Training.Workers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Training.FlowMatching;

/// <summary>
/// Trains FLUX.1's transformer, and optionally its text encoders, by rectified flow on the latents of a source's images. Latents are computed once;
/// captions are drawn again each time. Used by one thread; the trainer starts its own workers.
/// </summary>
/// <remarks>
/// The model lives in one folder in diffusers' layout, <c>FOLDER/model</c>, which must hold <c>vae/</c>, <c>tokenizer/</c> and <c>tokenizer_2/</c>
/// before the run; the trainer adds the other parts at every evaluation and at the end, so that the folder can generate images at any time. Existing parts
/// are resumed only if <c>startFrom</c> names their folder.
/// </remarks>
public sealed class FlowMatchingTrainer : Trainer<IModelEvaluation>, IObjective
{
    private const string Vae = "vae";
    private const string ClipTokenizer = "tokenizer";
    private const string T5Tokenizer = "tokenizer_2";
    private static readonly double[] TimeBorders = [0.25, 0.5, 0.75, 1.01];

    private readonly FlowMatchingTrainerOptions _options;
    private readonly IImageCaptionSource _source;
    private readonly string _modelFolder;
    private readonly SeedPath _draws;
    private readonly Device _device;
    private readonly FluxTransformer _transformer;
    private readonly T5Encoder _t5;
    private readonly ClipTextEncoder _clip;
    private readonly CaptionEncoder _captions;
    private readonly LoraTraining? _lora;
    private readonly FlatParameters _parameters;
    private RotaryTable? _rope;
    private LatentCache? _latents;

    /// <summary>Builds the model with its initial weights, or with those of another model.</summary>
    /// <param name="options">Sizes, objective, optimizer.</param>
    /// <param name="source">Images and captions; their number must be limited.</param>
    /// <param name="folder">The run's folder; see the remarks for what must be in it.</param>
    /// <param name="startFrom">A model folder whose transformer and text encoders are the starting point; null starts from random weights.</param>
    /// <exception cref="InvalidDataException">Parts do not fit each other.</exception>
    public FlowMatchingTrainer(FlowMatchingTrainerOptions options, IImageCaptionSource source, string folder, string? startFrom = null)
        : base(folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        if (source.Count == long.MaxValue) throw new InvalidDataException("Latents are stored, so the number of images must be limited.");
        (_source, _modelFolder) = (source, Path.Combine(folder, "model"));
        var seed = SeedPath.FromRoot(options.Training.Seed);
        (_draws, _device) = (seed.Child("draws"), TrainingDevice.Open(options.Training));

        var clipTokenizer = TokenizerLoader.Load(Path.Combine(_modelFolder, ClipTokenizer));
        var t5Tokenizer = TokenizerLoader.Load(Path.Combine(_modelFolder, T5Tokenizer));
        _options = options with
        {
            T5 = options.T5 with { VocabSize = t5Tokenizer.IdLimit },
            Clip = options.Clip with
            {
                VocabSize = clipTokenizer.IdLimit,
                BosTokenId = clipTokenizer.PrefixIds[0],
                EosTokenId = clipTokenizer.SuffixIds[0],
                PadTokenId = clipTokenizer.PadId ?? clipTokenizer.SuffixIds[0]
            },
        };
        RequireFit();
        _transformer = startFrom is null ? new FluxTransformer(_options.Transformer, _device) : FluxFolder.LoadTransformer(startFrom, _device);
        _t5 = startFrom is null ? new T5Encoder(_options.T5, _device) : FluxFolder.LoadT5(startFrom, _device);
        _clip = startFrom is null ? new ClipTextEncoder(_options.Clip, _device) : FluxFolder.LoadClip(startFrom, _device);
        if (startFrom is null)
        {
            FluxInitializer.Initialize(_transformer, seed.Child("transformer").Value);
            FluxInitializer.Initialize(_t5, seed.Child("t5").Value);
            FluxInitializer.Initialize(_clip, seed.Child("clip").Value);
        }

        if (options.Flow.T5LooksBack) FluxInitializer.LookBack(_t5);
        _captions = new CaptionEncoder(
            _t5, new PromptTokenizer(t5Tokenizer, options.Flow.T5Tokens), _clip, new PromptTokenizer(clipTokenizer, options.Clip.MaxPositionEmbeddings),
            _device);
        _lora = options.Flow.LoraRank > 0 ? new LoraTraining(_transformer, options.Flow, seed.Child("lora")) : null;
        _parameters = new FlatParameters(TrainableParameters());
    }

    /// <inheritdoc/>
    private protected override FlatParameters Parameters => _parameters;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _latents?.Dispose();
        _rope?.Dispose();
        _lora?.Dispose();
        _transformer.Dispose();
        _t5.Dispose();
        _clip.Dispose();
        _parameters.Dispose();
    }

    /// <inheritdoc/>
    private protected override (TrainingOptions, TrainingParts) Prepare(
        IModelEvaluation? evaluation, Action<string>? notice, CancellationToken cancellationToken)
    {
        var vaeIdentity = PrepareLatents(notice, cancellationToken);
        WarmUp();
        return (_options.Training, new TrainingParts(Folder, Parameters)
        {
            Work = new EqualShares(this, _options.Training.MicroBatchSize),
            SourceCount = _source.Count,
            Kind = "flow",
            DecidedBy = new { _options.Transformer, _options.T5, _options.Clip, _options.Flow, Source = _source.Identity, Vae = vaeIdentity },
            Evaluate = evaluation is null ? null : step => Evaluate(evaluation, step),
        });
    }

    Tensor IObjective.Loss(MicroBatch batch, MetricSums metrics)
    {
        var latents = _latents!.Read(batch.Samples.Span).to(_device);
        var noise = new Tensor[batch.Count];
        var (captions, times) = (new string[batch.Count], new float[batch.Count]);
        for (var i = 0; i < batch.Count; i++)
        {
            // A sample's randomness depends only on its position in the run, so resuming needs no saved state.
            var place = _draws.Child("sample", batch.FirstPosition + i);
            var draws = new SeededDraws(place);
            times[i] = (float)(1 / (1 + Math.Exp(-((_options.Flow.TimeScale * draws.Normal()) + _options.Flow.TimeMean))));
            captions[i] = draws.Uniform() < _options.Flow.TextDropout ? string.Empty : _source.DrawCaption(batch.Samples.Span[i], draws.NextBits());
            noise[i] = SeededNoise.Normal(place.Child("noise"), latents.shape.AsSpan(1));
        }

        var guidance = _options.Transformer.GuidanceEmbeds ? Arithmetic.Filled([batch.Count], _options.Flow.Guidance, device: _device) : null;
        var losses = FlowMatchingLoss.PerSample(
            _transformer, latents, stack(noise).to(_device), tensor(times, device: _device), EncodeText(captions), guidance, _rope!);
        var values = losses.cpu().data<float>().ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            metrics.Add($"loss_at_t/below_{TimeBorders.First(border => times[i] < border):0.00}", values[i], 1.0 / batch.StepSamples);
        }
        return losses.sum().Over(batch.StepSamples);
    }

    private TextConditioning EncodeText(string[] captions)
    {
        if (_options.Flow.TrainTextEncoders) return _captions.Encode(captions);
        using var frozen = no_grad();
        return _captions.Encode(captions);
    }

    private IEnumerable<(string Name, Parameter Parameter)> TrainableParameters()
    {
        if (!_options.Flow.TrainTextEncoders || _lora is not null)
        {
            foreach (var (_, parameter) in _t5.named_parameters().Concat(_clip.named_parameters())) parameter.requires_grad = false;
        }

        if (_lora is not null) return _lora.Parameters;
        var all = Prefixed("transformer", _transformer);
        return _options.Flow.TrainTextEncoders ? all.Concat(Prefixed("text_encoder_2", _t5)).Concat(Prefixed("text_encoder", _clip)) : all;

        static IEnumerable<(string, Parameter)> Prefixed(string part, nn.Module module) =>
            module.named_parameters().Select(p => ($"{part}.{p.name}", p.parameter));
    }

    private string PrepareLatents(Action<string>? notice, CancellationToken cancellationToken)
    {
        var weights = Path.Combine(_modelFolder, Vae, "diffusion_pytorch_model.safetensors");
        var identity = FileDigest.Of(weights);
        using var workers = new WorkerThreads(_options.Training.Workers, _options.Training.TorchThreads);
        using var vae = FluxFolder.LoadAutoencoder(_modelFolder, _device);
        if (vae.Config.LatentChannels * LatentPacking.PatchSide * LatentPacking.PatchSide != _options.Transformer.InChannels)
            throw new InvalidDataException(
                $"\"in_channels\" of the transformer is {_options.Transformer.InChannels}, but the autoencoder's {vae.Config.LatentChannels} latent channels "
                    + $"make {vae.Config.LatentChannels * 4} features a token.");
        _latents ??= LatentCache.OpenOrMake(
            Path.Combine(Folder, "latents.f16"), _source, vae, identity, _device, workers, share => notice?.Invoke($"latents: {share:P0}"), cancellationToken);
        using var positions = LatentPacking.ImageIds(_latents.Shape.Height, _latents.Shape.Width);
        _rope ??= RotaryTable.For(_options.Transformer, _options.Flow.T5Tokens, positions, _device);
        return identity;
    }

    // The modules create small constants at first use; two workers must not do that at once.
    private void WarmUp()
    {
        using var scope = NewDisposeScope();
        ((IObjective)this).Loss(new MicroBatch(0, 0, new long[1], 1), new MetricSums());
    }

    private IReadOnlyDictionary<string, double> Evaluate(IModelEvaluation evaluation, long step)
    {
        Export();
        return evaluation.Evaluate(step, _modelFolder);
    }

    /// <inheritdoc/>
    private protected override void Export()
    {
        if (_lora is not null)
        {
            _lora.Save(Folder);
            return;
        }

        FluxFolderWriter.Save(_modelFolder, _transformer);
        FluxFolderWriter.Save(_modelFolder, _t5);
        FluxFolderWriter.Save(_modelFolder, _clip);
        FluxFolderWriter.Save(_modelFolder, _options.Scheduler);
        SetMaxLength(ClipTokenizer, _options.Clip.MaxPositionEmbeddings);
        SetMaxLength(T5Tokenizer, _options.Flow.T5Tokens);
        FluxFolderWriter.SaveIndex(_modelFolder, _options.Defaults);
    }

    // Pipelines pad prompts to the length in the tokenizer's config, and the model attends to padding, so the length must equal that of training.
    private void SetMaxLength(string tokenizer, int length)
    {
        var path = Path.Combine(_modelFolder, tokenizer, "tokenizer_config.json");
        var config = JsonNode.Parse(File.ReadAllBytes(path))!;
        config["model_max_length"] = length;
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, config));
    }

    private void RequireFit()
    {
        if (_options.Transformer.JointAttentionDim != _options.T5.DModel)
            throw new InvalidDataException(
                $"\"joint_attention_dim\" of the transformer is {_options.Transformer.JointAttentionDim}, but \"d_model\" of T5 is {_options.T5.DModel}.");
        if (_options.Transformer.PooledProjectionDim != _options.Clip.HiddenSize)
            throw new InvalidDataException(
                $"\"pooled_projection_dim\" of the transformer is {_options.Transformer.PooledProjectionDim}, but \"hidden_size\" of CLIP is "
                    + $"{_options.Clip.HiddenSize}.");
    }
}
