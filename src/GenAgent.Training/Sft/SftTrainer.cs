using System.Text.Json;
using GenAgent.Seeds;
using GenAgent.Storage;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft.Conversations;
using GenAgent.Training.Workers;
using static TorchSharp.torch;

namespace GenAgent.Training.Sft;

/// <summary>
/// Fine-tunes a Qwen2.5-VL on conversations, or trains one from nothing: the loss is the mean negative log-likelihood of the tokens that the
/// model is to write, over all such tokens of a step. Used by one thread; the trainer starts its own workers.
/// </summary>
/// <remarks>
/// The model lives in <c>FOLDER/model</c>, which must hold tokenizer and settings before the run (see <see cref="AgentFolder"/>); the trainer
/// adds configuration and weights at every rollout and at the end, so that a <see cref="TorchChatClient"/> can open the folder at any time.
/// </remarks>
public sealed class SftTrainer : Trainer<IModelEvaluation>
{
    private readonly SftTrainerOptions _options;
    private readonly IConversationSource _source;
    private readonly string _modelFolder;
    private readonly object _decidedBy;
    private readonly Qwen25VLModel _model;
    private readonly TrainedAgent _trained;
    private readonly PackPlanner _planner;
    private readonly PackPlanner? _validationPlanner;
    private readonly long _validationCount;
    private List<Pack>? _validation;

    /// <summary>Builds the model with its initial weights, or with those of another model.</summary>
    /// <param name="options">Sizes, loss, optimizer.</param>
    /// <param name="source">The conversations.</param>
    /// <param name="folder">The run's folder; see the remarks for what must be in it.</param>
    /// <param name="startFrom">A model's folder that is gone on from; null begins anew.</param>
    /// <param name="validation">Held-out conversations, all of which are computed at every evaluation; null for none.</param>
    /// <exception cref="InvalidDataException">Parts do not fit each other.</exception>
    public SftTrainer(SftTrainerOptions options, IConversationSource source, string folder, string? startFrom = null, IConversationSource? validation = null)
        : base(folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        ConversationCheck.RequireSound(source);
        _options = options.WithSteps(source.Count);
        (_source, _modelFolder) = (source, Path.Combine(folder, "model"));
        var seed = SeedPath.FromRoot(options.Training.Seed);
        var tokenizer = TokenizerLoader.Load(_modelFolder);
        var processor = new ImageProcessor(ImageProcessorOptions.Load(_modelFolder));
        _model = startFrom is null
            ? NewModel(tokenizer, seed.Child("weights"))
            : Qwen25VLCheckpoint.Load(startFrom, TrainedAgent.ToScalar(options.Sft.Weights), TrainingDevice.Open(options.Training));
        RequireFit(tokenizer, processor);
        _model.UseActivationCheckpointing(options.Sft.ActivationCheckpointing);
        _trained = new TrainedAgent(
            _model, new AdapterChoice(options.Sft.LoraRank, options.Sft.LoraAlpha, options.Sft.LoraTargets), startFrom, seed.Child("lora").Value, IsFrozen);
        _decidedBy = DecidedBy(startFrom);

        var encoder = new ConversationEncoder(tokenizer, processor, options.Sft.FromRound, Math.Min(options.Sft.MaxTokens, _model.Config.Text.MaxPositions));
        _planner = new PackPlanner(source, encoder, _model, options.Sft, seed.Child("draws"));
        _validationPlanner = validation is null ? null : new PackPlanner(validation, encoder, _model, options.Sft, seed.Child("validation"));
        _validationCount = validation?.Count ?? 0;
    }

    /// <summary>Steps of the whole run.</summary>
    public long Steps => _options.Training.Steps;

    /// <inheritdoc/>
    private protected override FlatParameters Parameters => _trained.Parameters;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _trained.Dispose();
        _model.Dispose();
    }

    /// <inheritdoc/>
    private protected override (TrainingOptions, TrainingParts) Prepare(
        IModelEvaluation? evaluation, Action<string>? notice, CancellationToken cancellationToken) =>
        (_options.Training, new TrainingParts(Folder, Parameters)
        {
            Work = _planner,
            SourceCount = _source.Count,
            Kind = "sft",
            DecidedBy = _decidedBy,
            RunsAgainInBackward = _options.Sft.ActivationCheckpointing,
            Evaluate = evaluation is null && _validationPlanner is null ? null : step => Evaluate(evaluation, step),
        });

    private Qwen25VLModel NewModel(Tokenizer tokenizer, SeedPath seed)
    {
        var config = _options.Model.ToConfig(token => tokenizer.IdOf(token), tokenizer.IdLimit);
        var model = new Qwen25VLModel(config, TrainedAgent.ToScalar(_options.Sft.Weights), TrainingDevice.Open(_options.Training));
        model.Initialize(seed.Value);
        return model;
    }

    // The merger, which makes the tower's features the language model's, learns all the same.
    private bool IsFrozen(string name) =>
        _options.Sft.FreezeVision && name.StartsWith("model.visual.", StringComparison.Ordinal)
            && !name.StartsWith("model.visual.merger.", StringComparison.Ordinal);

    // What a checkpoint depends on; length, rates and how often to save may be changed when a run goes on.
    private object DecidedBy(string? startFrom) => new
    {
        Model = startFrom is null ? JsonSerializer.Serialize(_options.Model) : FileDigest.Of(Path.Combine(startFrom, Qwen25VLConfig.FileName)),
        Tokenizer = FileDigest.Of(Directory.EnumerateFiles(_modelFolder, "*.json").First(file => Path.GetFileName(file) is "tokenizer.json" or "vocab.json")),
        _options.Sft.FromRound, _options.Sft.PackTokens, _options.Sft.SharePrefix, _options.Sft.Weights, _options.Sft.LoraRank, _options.Sft.LoraAlpha,
        _options.Sft.LoraTargets, _options.Sft.FreezeVision,
        Source = _source.Identity,
    };

    private SortedDictionary<string, double> Evaluate(IModelEvaluation? evaluation, long step)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (_validationPlanner is not null) Validate(_validationPlanner, figures);
        if (evaluation is null || !(step == Steps || _options.Sft.RolloutEvery == 0 || step % _options.Sft.RolloutEvery == 0)) return figures;
        Export();
        foreach (var (name, value) in evaluation.Evaluate(step, _modelFolder)) figures[name] = value;
        return figures;
    }

    private void Validate(PackPlanner planner, SortedDictionary<string, double> figures)
    {
        using var workers = new WorkerThreads(_options.Training.Workers, _options.Training.TorchThreads);
        _validation ??= Packing.Pack(
            [.. Enumerable.Range(0, (int)_validationCount).Select(i => planner.Read(i, i)).Where(conversation => conversation.LearnedCount > 0)],
            _model.Config.ImageTokenId, _options.Sft.PackTokens, _options.Sft.SharePrefix, workers.Count);
        var losses = new double[_validation.Count];
        var metrics = _validation.Select(_ => new MetricSums()).ToArray();
        workers.Run(worker =>
        {
            using var frozen = no_grad();
            for (var i = worker; i < losses.Length; i += workers.Count)
            {
                using var scope = NewDisposeScope();
                losses[i] = _validation[i].Loss(_model, 1, metrics[i]).item<float>();
            }
        });
        foreach (var one in metrics.Skip(1)) metrics[0].Take(one);
        figures["validation/loss"] = losses.Sum() / _validation.Sum(pack => (long)pack.Learned);
        foreach (var (name, value) in metrics[0].TakeMeans()) figures[$"validation/{name}"] = value;
    }

    /// <inheritdoc/>
    private protected override void Export() => _trained.Export(Folder, _options.Sft.SavedWeights);

    private void RequireFit(Tokenizer tokenizer, ImageProcessor processor)
    {
        var config = _model.Config;
        if (tokenizer.IdLimit > config.Text.VocabularySize)
            throw new InvalidDataException(
                $"{_modelFolder}: the tokenizer has ids up to {tokenizer.IdLimit - 1}, but the model's vocabulary has {config.Text.VocabularySize}.");
        if (tokenizer.IdOf(QwenChatTemplate.ImagePad) != config.ImageTokenId)
            throw new InvalidDataException(
                $"{_modelFolder}: {QwenChatTemplate.ImagePad} is id {tokenizer.IdOf(QwenChatTemplate.ImagePad)} in the tokenizer, but {config.ImageTokenId} "
                    + "in the model.");
        if (processor.PatchLength != config.Vision.PatchLength || processor.Options.MergeSize != config.Vision.MergeSize)
            throw new InvalidDataException(
                $"{_modelFolder}: images are cut into patches of {processor.PatchLength} values, merged {processor.Options.MergeSize} x "
                    + $"{processor.Options.MergeSize}; the model takes {config.Vision.PatchLength} and {config.Vision.MergeSize} x {config.Vision.MergeSize}.");
    }
}
