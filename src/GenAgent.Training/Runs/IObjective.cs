using static TorchSharp.torch;

namespace GenAgent.Training.Runs;

/// <summary>What a run makes small. Called by several workers at once, each inside a dispose scope of its own; it may not change its modules.</summary>
internal interface IObjective
{
    /// <summary>
    /// The samples' share of the step's loss, a scalar: over all micro-batches of a step these sum up to the loss (so a mean is divided by
    /// <see cref="MicroBatch.StepSamples"/>). Depends on the micro-batch and the weights alone.
    /// </summary>
    /// <param name="batch">The samples.</param>
    /// <param name="metrics">Takes the figures that are logged beside the loss.</param>
    Tensor Loss(MicroBatch batch, MetricSums metrics);
}
