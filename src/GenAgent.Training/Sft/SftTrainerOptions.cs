using GenAgent.Training.Runs;

namespace GenAgent.Training.Sft;

/// <summary>What a run of supervised fine-tuning is made of, beside its conversations and its tokenizer.</summary>
public sealed record SftTrainerOptions
{
    /// <summary>The model, where it begins anew; one that goes on from a folder has that folder's shape.</summary>
    public AgentShape Model { get; init; } = new();

    /// <summary>What is learned, and how it is computed.</summary>
    public SftOptions Sft { get; init; } = new();

    /// <summary>Length, batch (in conversations), optimizer; its micro-batches are set by <see cref="SftOptions.PackTokens"/>.</summary>
    public TrainingOptions Training { get; init; } = new() { BatchSize = 64 };

    /// <summary>The options with the number of steps that the passes over the data make.</summary>
    /// <param name="conversations">Number of conversations of the data.</param>
    /// <returns>The options that were given, with the number of steps.</returns>
    /// <exception cref="InvalidDataException">Passes over data without end are asked for.</exception>
    public SftTrainerOptions WithSteps(long conversations) => Sft.Epochs <= 0 ? this
        : conversations == long.MaxValue
            ? throw new InvalidDataException("sft.epochs is set, but the data has no end: set training.steps instead, and sft.epochs to 0.")
        : this with { Training = Training with { Steps = Math.Max(1, (long)Math.Ceiling(Sft.Epochs * conversations / Training.BatchSize)) } };
}
