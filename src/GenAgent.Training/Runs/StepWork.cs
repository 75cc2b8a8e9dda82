using GenAgent.Training.Workers;
using static TorchSharp.torch;

namespace GenAgent.Training.Runs;

/// <summary>The samples of one step.</summary>
/// <param name="Step">The step, from 0.</param>
/// <param name="FirstPosition">Which sample of the run the first one is, from 0: the root of its random draws.</param>
/// <param name="Samples">Each sample's number in the source.</param>
internal readonly record struct StepSamples(long Step, long FirstPosition, long[] Samples);

/// <summary>One step's work.</summary>
/// <param name="Shares">For each worker its parts, in the order that they are taken. A part returns its share of the step's loss, a scalar: all parts sum up to
/// the loss.</param>
/// <param name="Tokens">Tokens of the step, for the speed that is shown; 0 where samples are counted.</param>
/// <param name="Figures">What the planner has to log of the step, by name; null for nothing.</param>
internal sealed record StepWork(
    IReadOnlyList<IReadOnlyList<Func<MetricSums, Tensor>>> Shares, long Tokens = 0, IReadOnlyDictionary<string, double>? Figures = null);

/// <summary>Cuts each step into parts that fit a worker. What it returns depends on the samples and the number of workers alone.</summary>
internal interface IStepPlanner
{
    /// <summary>Plans a step.</summary>
    /// <param name="step">The samples.</param>
    /// <param name="workers">Idle until this returns: may read the samples.</param>
    StepWork Plan(StepSamples step, WorkerThreads workers);
}

/// <summary>Equal shares of the samples, cut into micro-batches of a fixed number: for samples that are all alike.</summary>
internal sealed class EqualShares(IObjective objective, int microBatchSize) : IStepPlanner
{
    public StepWork Plan(StepSamples step, WorkerThreads workers) =>
        new([.. Enumerable.Range(0, workers.Count).Select(worker => Share(step, worker, workers.Count))]);

    private List<Func<MetricSums, Tensor>> Share(StepSamples step, int worker, int workers)
    {
        var parts = new List<Func<MetricSums, Tensor>>();
        var total = step.Samples.Length;
        var end = total * (worker + 1) / workers;
        for (var at = total * worker / workers; at < end; at += microBatchSize)
        {
            var batch = new MicroBatch(step.Step, step.FirstPosition + at, step.Samples.AsMemory(at, Math.Min(microBatchSize, end - at)), total);
            parts.Add(metrics => objective.Loss(batch, metrics));
        }

        return parts;
    }
}
