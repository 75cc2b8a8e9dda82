using System.Globalization;
using GenAgent.Running;
using GenAgent.Seeds;
using GenAgent.Storage;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Workers;
using GenAgent.Validation;
using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>
/// Agentic reinforcement learning: GRPO over whole trajectories of several turns, in which the policy sees the images that its calls bring. One step:
/// rollouts through the agent's own loop, rewards, resampling, advantages, one or more optimizer steps on the tokens that were sampled, and the new
/// weights go to the sampler. Used by one thread; the trainer starts its own workers.
/// </summary>
/// <remarks>
/// The model is written to <c>FOLDER/model</c> at every evaluation and at the end, the rollouts lie in <c>FOLDER/rollouts</c>. With
/// <see cref="GrpoOptions.MaxStaleness"/> 0 a run that was killed and resumed ends with the weights that it would have ended with. Source: GenAgent (arXiv
/// 2601.18543), section on agentic RL.
/// </remarks>
public sealed class GrpoTrainer : Trainer<IModelEvaluation>, IStepPlanner
{
    private readonly GrpoOptions _options;
    private readonly TrainingOptions _training;
    private readonly Policy _policy;
    private readonly object _decidedBy;
    private readonly RunManifest _rollouts;
    private readonly IRolloutSource _collector;
    private readonly TrainedAgent _trained;
    private readonly Qwen25VLModel? _reference;
    private readonly PolicyObjective _objective;
    private readonly SeedPath _seed;
    private readonly int _turnEnd;
    private readonly SortedDictionary<long, Task<StepRollouts>> _underWay = [];
    private Action<string>? _notice;
    private CancellationToken _cancelled;

    /// <summary>Prepares a run.</summary>
    /// <param name="options">Sampling, selection, advantage, loss.</param>
    /// <param name="training">Length (in optimizer steps), optimizer, checkpoints; the batch is set by <paramref name="options"/>.</param>
    /// <param name="policy">What is trained; stays the caller's. With <see cref="GrpoOptions.MaxStaleness"/> above 0 its sampler needs weights of its
    /// own.</param>
    /// <param name="startFrom">The folder that the policy was loaded from.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="identity">What else decides the rollouts: agent, generator, tasks, rubric. A run is resumed only with the same.</param>
    /// <param name="collector">Gives the rollouts, with the policy as the agent's model.</param>
    /// <exception cref="ArgumentException">Options contradict each other, or one is out of its range.</exception>
    public GrpoTrainer(
        GrpoOptions options,
        TrainingOptions training,
        Policy policy,
        string startFrom,
        string folder,
        string identity,
        Func<SeedPath, IRolloutSource> collector)
        : base(folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(collector);
        OptionRules.Validate(options, "grpo");
        (_options, _policy) = (options, policy);
        _training = TrainingOf(options, training);
        _seed = SeedOf(training);
        _trained = new TrainedAgent(
            policy.Model, new AdapterChoice(options.LoraRank, options.LoraAlpha, options.LoraTargets), startFrom, _seed.Child("lora").Value, IsFrozen);
        policy.Trained = _trained;
        _reference = options.Kl > 0 ? Qwen25VLCheckpoint.Load(startFrom, policy.Model.DType, policy.Model.Device) : null;
        _objective = new PolicyObjective(policy, options, _reference);
        _turnEnd = ((ITokenizer)policy.Tokenizer).IdOf(QwenChatTemplate.TurnEnd);
        _collector = collector(RolloutSeeds(training));
        _decidedBy = DecidedBy(options, startFrom, identity);
        _rollouts = RolloutManifest(_training, _decidedBy);
    }

    /// <summary>The root of the seeds of all rollouts of a run.</summary>
    /// <param name="training">The run's options.</param>
    /// <returns>The seeds' node.</returns>
    public static SeedPath RolloutSeeds(TrainingOptions training) => SeedOf(training).Child("rollouts");

    /// <summary>What decides the rollouts of a run: a worker that makes some of them has the same.</summary>
    /// <param name="options">Sampling, selection, advantage, loss.</param>
    /// <param name="training">The run's options.</param>
    /// <param name="startFrom">The folder of the model that the run began with.</param>
    /// <param name="identity">What else decides the rollouts: agent, generator, tasks, rubric.</param>
    /// <returns>The manifest.</returns>
    public static RunManifest RolloutManifest(GrpoOptions options, TrainingOptions training, string startFrom, string identity)
    {
        ArgumentNullException.ThrowIfNull(options);
        return RolloutManifest(TrainingOf(options, training), DecidedBy(options, startFrom, identity));
    }

    /// <inheritdoc/>
    private protected override FlatParameters Parameters => _trained.Parameters;

    /// <summary>The folder of the model that the run writes.</summary>
    public string ModelFolder => Path.Combine(Folder, "model");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _policy.Trained = null;
        _trained.Dispose();
        _reference?.Dispose();
    }

    /// <inheritdoc/>
    private protected override (TrainingOptions, TrainingParts) Prepare(
        IModelEvaluation? evaluation, Action<string>? notice, CancellationToken cancellationToken)
    {
        (_notice, _cancelled) = (notice, cancellationToken);
        return (_training, new TrainingParts(Folder, Parameters)
        {
            Work = this,
            SourceCount = long.MaxValue,
            Kind = "rl",
            DecidedBy = _decidedBy,
            Evaluate = evaluation is null ? null : step => Evaluate(evaluation, step),
        });
    }

    /// <inheritdoc/>
    private protected override TrainingOutcome Execute(TrainingRun run, bool resume, CancellationToken cancellationToken)
    {
        try
        {
            return run.Execute(resume, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled between two steps, while rollouts were made: the last checkpoint and the finished rollouts stay.
            return new TrainingOutcome(false, run.Step, double.NaN);
        }
        finally
        {
            // Rollouts ahead of the last step were for steps that are not taken: they are cancelled, and use the policy no more.
            Task.WhenAll(_underWay.Values)
                .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                .GetAwaiter()
                .GetResult();
            _underWay.Clear();
        }
    }

    /// <summary>One step: its rollouts become packs of tokens, each with the advantage of its rollout.</summary>
    StepWork IStepPlanner.Plan(StepSamples step, WorkerThreads workers)
    {
        var (set, part) = (step.Step / _options.Updates, (int)(step.Step % _options.Updates));
        var started = TimeProvider.System.GetTimestamp();

        // Between the updates of one set nothing is sampled, unless rollouts of later sets are under way.
        if (part == 0 || _options.MaxStaleness > 0 || _policy.Version < 0) _policy.UpdateModelAsync(step.Step, _cancelled).GetAwaiter().GetResult();
        var updating = TimeProvider.System.GetElapsedTime(started);
        var rollouts = RolloutsOf(set);
        var chosen = Choose(rollouts, set);
        EncodedRollout[] encoded = [.. Encode([.. chosen.Where((_, i) => i % _options.Updates == part)], workers)];
        var figures = RolloutFigures.Of(rollouts, [.. chosen.Select(one => one.Rollout)], _options, step.Step, updating);
        Warn(figures);
        if (encoded.Length == 0) return new StepWork([.. Enumerable.Range(0, workers.Count).Select(_ => Array.Empty<Func<MetricSums, Tensor>>())], 0, figures);

        var tokens = encoded.Sum(rollout => (long)rollout.LearnedCount);
        var packs = Packing.Pack(encoded, _policy.Model.Config.ImageTokenId, _options.PackTokens, sharePrefix: true, workers.Count);
        return new StepWork(
            [.. Packing.Deal(packs, workers.Count)
                .Select(share => share.Select(pack => (Func<MetricSums, Tensor>)(metrics => _objective.Loss(pack, encoded.Length, tokens, metrics))).ToList())],
            packs.Sum(pack => (long)pack.Tokens), figures);
    }

    // The rollouts of this set and, where the policy may be stale, of the ones after it are under way at once.
    private StepRollouts RolloutsOf(long set)
    {
        var sets = (_training.Steps + _options.Updates - 1) / _options.Updates;
        for (var next = set; next <= Math.Min(set + _options.MaxStaleness, sets - 1); next++)
        {
            var wanted = next;
            if (!_underWay.ContainsKey(wanted)) _underWay[wanted] = Task.Run(() => _collector.CollectAsync(wanted, _rollouts, _cancelled), _cancelled);
        }

        var rollouts = _underWay[set].GetAwaiter().GetResult();
        foreach (var old in _underWay.Keys.Where(known => known < set).ToList()) _underWay.Remove(old);
        return rollouts;
    }

    // Resampling to G, then the advantage of each rollout among those of its group that stay.
    private List<(Rollout Rollout, double Advantage)> Choose(StepRollouts rollouts, long set)
    {
        Rollout[][] kept = [.. rollouts.Groups.Select((group, index) =>
            TurnResampling.Choose([.. group.Counted.Select(rollout => rollout.Turns)], _options.Kept, _seed.Child("resampling", set).Child("group", index))
            .Select(place => group.Counted[place]).ToArray())];
        if (_options.Loss == PolicyLossKind.Rejection)
            return [.. kept.Select(group => group.MaxBy(rollout => rollout.Reward)).OfType<Rollout>().Select(best => (best, 1.0))];
        var advantages = Advantages.Of([.. kept.Select(group => group.Select(rollout => rollout.Reward).ToArray())], _options.AdvantageScale);
        return [.. kept.SelectMany((group, index) => group.Zip(advantages[index])).Where(pair => pair.Second != 0)];
    }

    private List<EncodedRollout> Encode(List<(Rollout Rollout, double Advantage)> chosen, WorkerThreads workers)
    {
        var encoded = new (EncodedRollout? Rollout, string? Reason)[chosen.Count];
        workers.Run(worker =>
        {
            for (var i = worker; i < encoded.Length; i += workers.Count)
            {
                var rollout = EncodedRollout.From(
                    chosen[i].Rollout, chosen[i].Advantage, _policy.Processor, _policy.Model.Config.ImageTokenId, _turnEnd, out var reason);
                encoded[i] = (rollout, reason);
            }
        });
        foreach (var (_, reason) in encoded.Where(one => one.Rollout is null)) _notice?.Invoke($"left out: {reason}");
        return [.. encoded.Select(one => one.Rollout).OfType<EncodedRollout>()];
    }

    private void Warn(IReadOnlyDictionary<string, double> figures)
    {
        if (figures["rollouts/excluded"] > 0.05)
        {
            _notice?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"{figures["rollouts/excluded"]:P0} of the rollouts do not count, because a judge, a generator or a server failed: \"excluded\" of the "
                    + $"trajectories in rollouts/ says why."));
        }
        if (figures["rollouts/groups"] == 0)
        {
            _notice?.Invoke(
                "no group of this step had two different rewards: nothing was learned. Choose prompts that are neither too easy nor too hard, or raise "
                    + "grpo.maxGroups.");
        }
    }

    private IReadOnlyDictionary<string, double> Evaluate(IModelEvaluation evaluation, long step)
    {
        Export();
        return evaluation.Evaluate(step, ModelFolder);
    }

    /// <inheritdoc/>
    private protected override void Export() => _trained.Export(Folder, _options.SavedWeights);

    private bool IsFrozen(string name) => _options.FreezeVision && name.StartsWith("model.visual.", StringComparison.Ordinal);

    // What a checkpoint depends on; length, rates and how often to save may be changed when a run is resumed.
    private static RunManifest RolloutManifest(TrainingOptions training, object decidedBy) =>
        TrainingManifest.Of("rl", training, decidedBy) with { Kind = "rollouts" };

    private static TrainingOptions TrainingOf(GrpoOptions options, TrainingOptions training) =>
        training with { BatchSize = options.Prompts * options.Kept, EmaDecay = 0 };

    private static SeedPath SeedOf(TrainingOptions training) => SeedPath.FromRoot(training.Seed).Child("rl");

    private static object DecidedBy(GrpoOptions options, string startFrom, string others) => new
    {
        Model = FileDigest.Of(Path.Combine(startFrom, Qwen25VLConfig.FileName)),
        Weights = Directory.EnumerateFiles(startFrom, "*.safetensors").Order(StringComparer.Ordinal).Select(FileDigest.Of).ToArray(),
        Options = options with { KeepRollouts = 1, Concurrency = 1, PackTokens = 8 },
        Rollouts = others,
    };
}
