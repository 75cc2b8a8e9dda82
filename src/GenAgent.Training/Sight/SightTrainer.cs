using System.Text.Json;
using GenAgent.Seeds;
using GenAgent.Torch;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using static TorchSharp.torch;

namespace GenAgent.Training.Sight;

/// <summary>
/// Trains the vision tower of a Qwen2.5-VL alone: from each of its features a linear classifier is to tell what stands in that place of the image. An image
/// costs a tenth of what it costs with the language model behind it, and every feature is told what it should have seen, so that a small tower sees ten
/// times as much in the same time. The language model stays as it is and has to get used to the new features afterwards (<see cref="SftTrainer"/>).
/// Used by one thread; the trainer starts its own workers.
/// </summary>
public sealed class SightTrainer : IObjective, IDisposable
{
    private readonly TrainingOptions _options;
    private readonly ILabelledImageSource _source;
    private readonly IReadOnlyDictionary<string, ILabelledImageSource> _heldOut;
    private readonly string _startFrom;
    private readonly ImageProcessor _processor;
    private readonly Qwen25VLModel _model;
    private readonly LabelHeads _heads;
    private readonly FlatParameters _parameters;

    /// <summary>Loads the model whose tower learns.</summary>
    /// <param name="options">Length, batch, optimizer.</param>
    /// <param name="source">The images.</param>
    /// <param name="startFrom">The model's folder.</param>
    /// <param name="heldOut">Images by name that are looked at in every evaluation, all of them, and never learned.</param>
    /// <exception cref="InvalidDataException">The model cannot be loaded, or makes another number of features of the source's images.</exception>
    public SightTrainer(TrainingOptions options, ILabelledImageSource source, string startFrom, IReadOnlyDictionary<string, ILabelledImageSource>? heldOut = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(startFrom);
        (_options, _source, _startFrom, _heldOut) = (options, source, startFrom, heldOut ?? new Dictionary<string, ILabelledImageSource>(StringComparer.Ordinal));
        _processor = new ImageProcessor(ImageProcessorOptions.Load(startFrom));
        _model = Qwen25VLCheckpoint.Load(startFrom, ScalarType.Float32, TrainingDevice.Open(options));
        _heads = new LabelHeads(source.Kinds, _model.Config.Text.HiddenSize, SeedPath.FromRoot(options.Seed).Child("heads").Value, _model.Device);
        var features = ReadPatches(source, 0, new long[source.Features * source.Kinds.Count]).Grid.Features(_processor.Options.MergeSize);
        if (features != source.Features)
            throw new InvalidDataException($"{startFrom} makes {features} features of an image that has labels for {source.Features}.");
        _parameters = new FlatParameters([.. _model.Visual.named_parameters(), .. _heads.named_parameters().Select(p => ($"heads.{p.name}", p.parameter))]);
    }

    /// <summary>Trainable values.</summary>
    public long ParameterCount => _parameters.Count;

    /// <summary>Trains to the end or until cancelled, then (when finished) writes the model with the averaged tower to <c>FOLDER/model</c>.</summary>
    /// <param name="folder">The run's folder: checkpoints, log, and at the end the model.</param>
    /// <param name="resume">True goes on from the newest whole checkpoint.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="notice">Told of what a user should know.</param>
    /// <param name="cancellationToken">Stops after the present step, with a checkpoint.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite again and again.</exception>
    /// <exception cref="ResumeMismatchException">The folder's checkpoint belongs to another recipe.</exception>
    public TrainingOutcome Run(
        string folder, bool resume = false, IProgress<TrainingProgress>? progress = null, Action<string>? notice = null, CancellationToken cancellationToken = default)
    {
        using var run = new TrainingRun(_options, new TrainingParts
        {
            Work = new EqualShares(this, _options.MicroBatchSize),
            Parameters = _parameters,
            SourceCount = _source.Count,
            Identity = JsonSerializer.Serialize(new { Model = FileDigest.Of(Path.Combine(_startFrom, "model.safetensors")), _options.Seed, _options.BatchSize, Source = _source.Identity }),
            Folder = folder,
            Evaluate = _heldOut.Count == 0 ? null : _ => Evaluate(),
            Progress = progress,
            Notice = notice,
        });
        var outcome = run.Execute(resume, cancellationToken);
        if (!outcome.Finished) return outcome;
        var model = Path.Combine(folder, "model");
        AgentFolder.CopySettings(_startFrom, model);
        using (run.BorrowAverage()) Qwen25VLCheckpoint.Save(_model, model);
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _heads.Dispose();
        _model.Dispose();
        _parameters.Dispose();
    }

    Tensor IObjective.Loss(MicroBatch batch, MetricSums metrics) =>
        Loss(_source, batch.Samples.Span, metrics).Over((double)batch.StepSamples * _source.Features);

    private Tensor Loss(ILabelledImageSource source, ReadOnlySpan<long> samples, MetricSums metrics)
    {
        var each = source.Features * source.Kinds.Count;
        var labels = new long[samples.Length * each];
        var images = new List<ImagePatches>(samples.Length);
        for (var i = 0; i < samples.Length; i++) images.Add(ReadPatches(source, samples[i], labels.AsSpan(i * each, each)));
        return _heads.Loss(_model.ImageFeatures(images), tensor(labels, device: _model.Device).view(-1, source.Kinds.Count), samples.Length, metrics);
    }

    private ImagePatches ReadPatches(ILabelledImageSource source, long index, Span<long> labels)
    {
        var image = source.Read(index, labels);
        return _processor.Process(new RgbImage(image.Width, image.Height, image.Pixels));
    }

    private SortedDictionary<string, double> Evaluate()
    {
        using var frozen = no_grad();
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, source) in _heldOut)
        {
            var metrics = new MetricSums();
            for (var at = 0L; at < source.Count; at += _options.MicroBatchSize)
            {
                using var scope = NewDisposeScope();
                long[] samples = [.. Enumerable.Range(0, (int)Math.Min(_options.MicroBatchSize, source.Count - at)).Select(i => at + i)];
                Loss(source, samples, metrics);
            }

            foreach (var (figure, value) in metrics.TakeMeans()) figures[$"{name}/{figure}"] = value;
        }

        return figures;
    }
}
