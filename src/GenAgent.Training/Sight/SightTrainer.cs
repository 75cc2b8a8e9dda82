using GenAgent.Seeds;
using GenAgent.Storage;
using GenAgent.Torch;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Sources;
using static TorchSharp.torch;

namespace GenAgent.Training.Sight;

/// <summary>
/// Trains the vision tower of a Qwen2.5-VL alone: a linear classifier on each feature predicts what is in that place of the image. An image costs a tenth
/// of the computation with the language model, and every feature has its own target, so a small tower sees ten times as many images in the same time. The
/// language model is not changed and must be fine-tuned on the new features afterwards (<see cref="SftTrainer"/>), the less the closer they are to the old
/// ones (<see cref="SightTrainerOptions.Distillation"/>). This also allows replacing a trained model's tower by one of another shape. Used by one thread;
/// the trainer starts its own workers.
/// </summary>
public sealed class SightTrainer : Trainer<IModelEvaluation>, IObjective
{
    private readonly SightTrainerOptions _options;
    private readonly ILabelledImageSource _source;
    private readonly IReadOnlyDictionary<string, ILabelledImageSource> _heldOut;
    private readonly ImageProcessor _processor;
    private readonly Qwen25VLModel _model;
    private readonly FeatureTeacher? _teacher;
    private readonly LabelHeads _heads;
    private readonly FlatParameters _parameters;

    /// <summary>Loads the model whose tower is trained.</summary>
    /// <param name="options">The model, its tower, length, batch, optimizer.</param>
    /// <param name="source">The images.</param>
    /// <param name="folder">The run's folder: checkpoints, log, and at the end the model as <c>model/</c>.</param>
    /// <param name="heldOut">Named sets of images that every evaluation uses completely and training never uses.</param>
    /// <exception cref="InvalidDataException">The model cannot be loaded, its tower cannot have this shape, or it makes another number of features of the
    /// source's images.</exception>
    public SightTrainer(
        SightTrainerOptions options, ILabelledImageSource source, string folder, IReadOnlyDictionary<string, ILabelledImageSource>? heldOut = null)
        : base(folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        if (options.StartFrom.Length == 0) throw new ArgumentException($"{nameof(options.StartFrom)} is empty.", nameof(options));
        (_options, _source, _heldOut) = (options, source, heldOut ?? new Dictionary<string, ILabelledImageSource>(StringComparer.Ordinal));
        var seeds = SeedPath.FromRoot(options.Training.Seed);
        var device = TrainingDevice.Open(options.Training);
        _processor = new ImageProcessor(options.Tower?.Processor ?? ImageProcessorOptions.Load(options.StartFrom));
        _model = Qwen25VLCheckpoint.Load(options.StartFrom, ScalarType.Float32, device);
        if (options.Tower is { } tower)
            _model = WithTower(_model, tower, seeds.Child("tower").Value);
        if (options.Distillation > 0)
            _teacher = new FeatureTeacher(options.StartFrom, device);
        _heads = new LabelHeads(source.Kinds, source.Measures, _model.Config.Text.HiddenSize, device);
        var features = Prepare(source.Read(0, new long[source.Features * source.Kinds.Count], new float[source.Features * source.Measures.Count])).Grid
            .Features(_processor.Options.MergeSize);
        if (features != source.Features)
            throw new InvalidDataException($"{options.StartFrom} makes {features} features of an image that has labels for {source.Features}.");
        _parameters = new FlatParameters([.. _model.VisionParameters, .. _heads.named_parameters().Select(p => ($"heads.{p.name}", p.parameter))]);
    }

    /// <inheritdoc/>
    private protected override FlatParameters Parameters => _parameters;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _heads.Dispose();
        _teacher?.Dispose();
        _model.Dispose();
        _parameters.Dispose();
    }

    /// <inheritdoc/>
    private protected override (TrainingOptions, TrainingParts) Prepare(
        IModelEvaluation? evaluation, Action<string>? notice, CancellationToken cancellationToken)
    {
        var decidedBy = new
        {
            Model = FileDigest.Of(Path.Combine(_options.StartFrom, "model.safetensors")),
            _options.Tower,
            _options.Distillation,
            Source = _source.Identity
        };
        return (_options.Training, new TrainingParts(Folder, Parameters)
        {
            Work = new EqualShares(this, _options.Training.MicroBatchSize),
            SourceCount = _source.Count,
            Kind = "sight",
            DecidedBy = decidedBy,
            Evaluate = evaluation is null && _heldOut.Count == 0 ? null : step => Evaluate(evaluation, step),
        });
    }

    /// <inheritdoc/>
    private protected override void Export()
    {
        AgentFolder.CopySettings(_options.StartFrom, ModelFolder);
        if (_options.Tower is not null) AgentFolder.WriteProcessor(ModelFolder, _processor.Options);
        Qwen25VLCheckpoint.Save(_model, ModelFolder);
    }

    Tensor IObjective.Loss(MicroBatch batch, MetricSums metrics) =>
        Loss(_source, batch.Samples.Span, metrics).Over((double)batch.StepSamples * _source.Features);

    private Tensor Loss(ILabelledImageSource source, ReadOnlySpan<long> samples, MetricSums metrics)
    {
        var (each, eachMeasured) = (source.Features * source.Kinds.Count, source.Features * source.Measures.Count);
        var (numbers, gauges) = (new long[samples.Length * each], new float[samples.Length * eachMeasured]);
        var images = new List<PixelImage>(samples.Length);
        for (var i = 0; i < samples.Length; i++)
        {
            images.Add(source.Read(samples[i], numbers.AsSpan(i * each, each), gauges.AsSpan(i * eachMeasured, eachMeasured)));
        }
        var labels = tensor(numbers, device: _model.Device).view(-1, source.Kinds.Count);
        var measured = tensor(gauges, device: _model.Device).view(-1, source.Measures.Count);
        var features = _model.ImageFeatures([.. images.Select(Prepare)]);
        var loss = _heads.Loss(features, labels, measured, images.Count, metrics);
        if (_teacher is null) return loss;

        // The heads also learn to read the teacher's features, so they push the new features towards a form that the language model knows.
        var taught = _teacher.Features(images);
        var distance = FeatureTeacher.Distance(features, taught);
        metrics.Add("distance", distance.item<float>(), images.Count);
        return loss.Plus(_heads.Loss(taught, labels, measured, images.Count, new MetricSums())).Plus(distance, _options.Distillation * features.shape[0]);
    }

    private ImagePatches Prepare(PixelImage image) => _processor.Process(new RgbImage(image.Width, image.Height, image.Pixels));

    private static Qwen25VLModel WithTower(Qwen25VLModel old, VisionShape shape, ulong seed)
    {
        using (old) return old.WithVisionTower(shape.ToConfig(old.Config.Text.HiddenSize, old.Config.Vision.InitializerRange), seed);
    }

    private string ModelFolder => Path.Combine(Folder, "model");

    private SortedDictionary<string, double> Evaluate(IModelEvaluation? evaluation, long step)
    {
        var figures = LookAtHeldOut();
        if (evaluation is null) return figures;
        Export();
        foreach (var (name, value) in evaluation.Evaluate(step, ModelFolder)) figures[name] = value;
        return figures;
    }

    private SortedDictionary<string, double> LookAtHeldOut()
    {
        using var frozen = no_grad();
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, source) in _heldOut)
        {
            var metrics = new MetricSums();
            for (var at = 0L; at < source.Count; at += _options.Training.MicroBatchSize)
            {
                using var scope = NewDisposeScope();
                long[] samples = [.. Enumerable.Range(0, (int)Math.Min(_options.Training.MicroBatchSize, source.Count - at)).Select(i => at + i)];
                Loss(source, samples, metrics);
            }

            foreach (var (figure, value) in metrics.TakeMeans()) figures[$"{name}/{figure}"] = value;
        }

        return figures;
    }
}
