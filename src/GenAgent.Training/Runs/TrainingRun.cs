using GenAgent.Torch;
using System.Collections.ObjectModel;
using System.Globalization;
using GenAgent.Running;
using GenAgent.Seeds;
using GenAgent.Training.Checkpoints;
using GenAgent.Training.Logging;
using GenAgent.Training.Optimization;
using GenAgent.Training.Sources;
using GenAgent.Training.Workers;
using static TorchSharp.torch;

namespace GenAgent.Training.Runs;

/// <summary>What a run is made of beside its options.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Parameters">What is trained.</param>
internal sealed record TrainingParts(string Folder, FlatParameters Parameters)
{
    /// <summary>What is made small, step by step.</summary>
    public required IStepPlanner Work { get; init; }

    /// <summary>Number of samples in the source.</summary>
    public required long SourceCount { get; init; }

    /// <summary>What kind of training it is, as <c>sft</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// What must be equal for a checkpoint to be resumed, beside what every training has (seed, batch, workers): model, data, loss. Serialized by its
    /// members.
    /// </summary>
    public required object DecidedBy { get; init; }

    /// <summary>Whether parts of the model run again in the backward pass; there may be one worker only.</summary>
    public bool RunsAgainInBackward { get; init; }

    /// <summary>Evaluates with the averaged weights in place; the figures go to the log.</summary>
    public Func<long, IReadOnlyDictionary<string, double>>? Evaluate { get; init; }

    /// <summary>Told of every step.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Told of what a user should know.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>The clock, for speeds and time left only.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// One training run, from its first step or its last checkpoint to its end: batches shared by workers, gradients summed in a fixed order,
/// clipped, an AdamW step, an average of the weights, log, evaluations, checkpoints. The weights that it ends with depend on the options
/// and the source alone, however often it was killed and resumed. Used by one thread.
/// </summary>
internal sealed class TrainingRun : IDisposable
{
    private const int DivergenceLimit = 10;

    private readonly TrainingOptions _options;
    private readonly TrainingParts _parts;
    private readonly AdamW _optimizer;
    private readonly Muon? _muon;
    private readonly ExponentialMovingAverage? _average;
    private readonly GradientBuffer[] _gradients;
    private readonly MetricSums[] _workerMetrics;
    private readonly double[] _losses;
    private readonly WorkerThreads _workers;
    private readonly CheckpointStore _checkpoints;
    private readonly SampleOrder _order;
    private readonly MetricSums _metrics = new();
    private readonly RunManifest _manifest;
    private int _notFinite;
    private long _tokens;

    public TrainingRun(TrainingOptions options, TrainingParts parts)
    {
        (_options, _parts) = (options, parts);
        if (parts.RunsAgainInBackward && options.Workers != 1)
        {
            throw new InvalidDataException($"training.workers is {options.Workers}, but activation checkpointing needs 1: its gradients meet in one place.");
        }
        _optimizer = new AdamW(parts.Parameters, options.Optimizer);
        _muon = options.Muon is { } muon ? new Muon(parts.Parameters, muon) : null;
        _average = options.EmaDecay > 0 ? new ExponentialMovingAverage(parts.Parameters, options.EmaDecay) : null;
        _workers = new WorkerThreads(Math.Min(options.Workers, options.BatchSize), options.TorchThreads);
        _gradients = [.. Enumerable.Range(0, _workers.Count).Select(_ => new GradientBuffer(parts.Parameters))];
        _workerMetrics = [.. _gradients.Select(_ => new MetricSums())];
        _losses = new double[_gradients.Length];
        _checkpoints = new CheckpointStore(Path.Combine(parts.Folder, "checkpoints"), options.KeepCheckpoints);
        _manifest = TrainingManifest.Of(parts.Kind, options, parts.DecidedBy);
        _order = new SampleOrder(parts.SourceCount, SeedPath.FromRoot(options.Seed).Child("order"));
    }

    /// <summary>Steps taken.</summary>
    public long Step => _optimizer.Steps;

    /// <summary>Runs to the end, or until cancelled, when a checkpoint is written first.</summary>
    /// <param name="resume">True goes on from the newest whole checkpoint, if there is one.</param>
    /// <param name="cancellationToken">Stops after the present step.</param>
    public TrainingOutcome Execute(bool resume, CancellationToken cancellationToken)
    {
        if (resume) Restore();
        else if (_checkpoints.Steps.Count > 0) throw new InvalidOperationException($"{_parts.Folder} holds a run already; resume it, or name another folder.");
        using var log = RunLog.Open(_parts.Folder, Step, _parts.Clock);
        var pace = new Pace(_parts.Clock, Step, _options);
        var (loss, saved) = (double.NaN, Step);
        while (Step < _options.Steps && !cancellationToken.IsCancellationRequested)
        {
            try
            {
                loss = TakeStep();
                Report(pace, loss, "training");
                if (IsDue(_options.LogEvery)) WriteLog(log, pace);
                if (IsDue(_options.EvaluateEvery)) Evaluate(log, pace, loss);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Cancelled before the step changed a weight, or while the weights were evaluated: the steps that are taken are kept.
                break;
            }

            if (IsDue(_options.CheckpointEvery))
            {
                Save(log);
                saved = Step;
            }
        }

        if (saved != Step) Save(log);
        log.DrawPlot();
        return new TrainingOutcome(Step >= _options.Steps, Step, loss);
    }

    /// <summary>Lets the modules use the averaged weights, if any are kept, until the returned value is disposed.</summary>
    public IDisposable BorrowAverage() => _average?.Borrow() ?? new Unchanged();

    /// <inheritdoc/>
    public void Dispose()
    {
        _workers.Dispose();
        foreach (var gradient in _gradients) gradient.Dispose();
        _average?.Dispose();
        _muon?.Dispose();
        _optimizer.Dispose();
    }

    private double TakeStep()
    {
        using var scope = NewDisposeScope();
        var first = Step * _options.BatchSize;
        var samples = new long[_options.BatchSize];
        for (var i = 0; i < samples.Length; i++) samples[i] = _order[first + i];
        var work = _parts.Work.Plan(new StepSamples(Step, first, samples), _workers);
        _workers.Run(worker => Differentiate(worker, work.Shares[worker]));
        _tokens += work.Tokens;

        var gradient = _gradients[0].Values;
        foreach (var other in _gradients.Skip(1)) gradient.PlusInPlace(other.Values);
        foreach (var metrics in _workerMetrics) _metrics.Take(metrics);
        foreach (var (name, value) in work.Figures ?? ReadOnlyDictionary<string, double>.Empty) _metrics.Add(name, value);
        var loss = _losses.Sum();
        var norm = _options.MaxGradientNorm > 0 ? GradientClipping.ClipByNorm(gradient, _options.MaxGradientNorm) : GradientClipping.Norm(gradient);
        if (double.IsFinite(norm) && double.IsFinite(loss)) _notFinite = 0;
        else if (++_notFinite >= DivergenceLimit)
        {
            throw new TrainingDivergedException(
                $"Step {Step}: the loss or its gradient was not finite {DivergenceLimit} times running; lower the learning rate.");
        }
        else gradient.zero_();

        var rate = _options.Schedule.RateAt(Step, _options.Steps, _options.LearningRate);
        if (_muon is not null) _workers.Run(worker => _muon.Step(gradient, rate, worker, _workers.Count));
        _optimizer.Step(gradient, rate);
        _average?.Update();
        _metrics.Add("loss", loss);
        _metrics.Add("gradient_norm", norm);
        _metrics.Add("learning_rate", rate);
        return loss;
    }

    private void Differentiate(int worker, IReadOnlyList<Func<MetricSums, Tensor>> parts)
    {
        _gradients[worker].Clear();
        _losses[worker] = 0;
        foreach (var part in parts)
        {
            using var scope = NewDisposeScope();
            var loss = part(_workerMetrics[worker]);
            _losses[worker] += loss.to_type(ScalarType.Float64).item<double>();
            if (_parts.RunsAgainInBackward) _gradients[worker].AccumulateBackward(loss);
            else _gradients[worker].Accumulate(loss);
        }
    }

    private bool IsDue(long every) => Step == _options.Steps || (every > 0 && Step % every == 0);

    private void Report(Pace pace, double loss, string stage) => _parts.Progress?.Report(pace.At(Step, _tokens, loss, stage));

    private void WriteLog(RunLog log, Pace pace)
    {
        var means = _metrics.TakeMeans();
        means["samples_per_second"] = pace.SamplesPerSecond(Step);
        if (_tokens > 0) means["tokens_per_second"] = pace.TokensPerSecond(_tokens);
        log.Write(Step, Step * _options.BatchSize, means);
    }

    private void Evaluate(RunLog log, Pace pace, double loss)
    {
        if (_parts.Evaluate is not { } evaluate) return;
        Report(pace, loss, "evaluating");
        pace.Pause();
        using (BorrowAverage())
        {
            log.Write(Step, Step * _options.BatchSize, evaluate(Step));
        }

        log.DrawPlot();
        pace.Continue();
    }

    private void Save(RunLog log)
    {
        log.Flush();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["weights"] = _parts.Parameters.Values,
            ["exp_avg"] = _optimizer.FirstMoment,
            ["exp_avg_sq"] = _optimizer.SecondMoment,
        };
        if (_muon is not null) tensors["momentum"] = _muon.Momentum;
        if (_average is not null) tensors["ema"] = _average.Values;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["identity"] = _manifest.ToString(),
            ["ema_updates"] = (_average?.Updates ?? 0).ToString(CultureInfo.InvariantCulture),
        };
        _checkpoints.Save(Step, tensors, metadata);
    }

    private void Restore()
    {
        using var checkpoint = _checkpoints.OpenLatest(_parts.Notice);
        if (checkpoint is null)
        {
            _parts.Notice?.Invoke($"{_parts.Folder} holds no whole checkpoint; starting from the beginning.");
            return;
        }

        if (TrainingManifest.ChangesTo(checkpoint.Metadata.GetValueOrDefault("identity"), _manifest) is { Count: > 0 } changes)
            throw new ResumeMismatchException(
                $"{checkpoint.Path} belongs to another run: {string.Join("; ", changes)}. Name another folder, or restore the recipe.");
        using var frozen = no_grad();
        checkpoint.ReadInto("weights", _parts.Parameters.Values);
        _parts.Parameters.Publish();
        checkpoint.ReadInto("exp_avg", _optimizer.FirstMoment);
        checkpoint.ReadInto("exp_avg_sq", _optimizer.SecondMoment);
        if (_muon is not null) checkpoint.ReadInto("momentum", _muon.Momentum);
        _optimizer.Steps = checkpoint.Step;
        if (_average is null) return;
        checkpoint.ReadInto("ema", _average.Values);
        _average.Updates = long.Parse(checkpoint.Metadata["ema_updates"], CultureInfo.InvariantCulture);
    }

    private sealed class Unchanged : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
