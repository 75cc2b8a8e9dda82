using System.ComponentModel.DataAnnotations;
using GenAgent.Training.Optimization;

namespace GenAgent.Training.Runs;

/// <summary>What every gradient training here has in common: length, batch, optimizer, averages, and how often to log, evaluate and save.</summary>
public sealed record TrainingOptions
{
    /// <summary>Root of every random draw of the run: initial weights, order, noise, captions.</summary>
    public ulong Seed { get; init; }

    /// <summary>Optimizer steps of the whole run.</summary>
    [Range(1, 1_000_000_000)]
    public long Steps { get; init; } = 1000;

    /// <summary>Samples a step.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Samples that one worker takes at a time; gradients are summed over a step. Smaller ones stay in the processor's cache, larger ones use a GPU better.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MicroBatchSize { get; init; } = 16;

    /// <summary>Workers that share a batch, each on a thread of its own. Their number is part of the result: sums are taken in their order.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 2;

    /// <summary>Torch threads of each worker.</summary>
    [Range(1, 1024)]
    public int TorchThreads { get; init; } = 1;

    /// <summary>
    /// Where the model is trained: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>. Random draws are the same everywhere; sums are rounded differently.
    /// </summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The learning rate at the end of the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the learning rate moves.</summary>
    public LearningRateSchedule Schedule { get; init; } = new();

    /// <summary>The optimizer's constants.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>Matrices that are moved by orthogonal updates instead; null for none.</summary>
    public MuonOptions? Muon { get; init; }

    /// <summary>Gradients are scaled down to this global norm; 0 leaves them alone.</summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Decay of the average of the weights that evaluations and the final weights use; 0 keeps none.</summary>
    [Range(0.0, 0.9999999)]
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>Steps between log entries, which hold the means over them.</summary>
    [Range(1, 1_000_000_000)]
    public long LogEvery { get; init; } = 20;

    /// <summary>Steps between checkpoints; there is one at the end in any case.</summary>
    [Range(1, 1_000_000_000)]
    public long CheckpointEvery { get; init; } = 500;

    /// <summary>Newest checkpoints that are kept.</summary>
    [Range(1, 1_000_000)]
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Steps between evaluations; 0 evaluates only at the end.</summary>
    [Range(0, 1_000_000_000)]
    public long EvaluateEvery { get; init; }
}
