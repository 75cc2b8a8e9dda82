using System.ComponentModel.DataAnnotations;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Training.Sources;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train sft</c>.</summary>
public sealed record SftRecipe
{
    /// <summary>What it trains on; several sources are mixed by their weights, without end.</summary>
    public IReadOnlyList<SftDataOptions> Data { get; init; } = [];

    /// <summary>Conversations that are held out of the data; their loss is logged at every evaluation. 0 for none.</summary>
    [Range(0, 1_000_000)]
    public long HeldOut { get; init; } = 256;

    /// <summary>
    /// The model to start from: a folder, relative to the working folder, or a URI of a local chat model (<c>micro</c>, <c>hf:ORG/NAME</c>); empty begins
    /// with random weights, with <c>model</c> and a vocabulary learned from the data.
    /// </summary>
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>The model's shape, where it begins anew.</summary>
    public AgentShape Model { get; init; } = new();

    /// <summary>What the model is told at work, before the tools are listed; empty for what it was told before, or for the agent's default.</summary>
    public string Instructions { get; init; } = string.Empty;

    /// <summary>
    /// The most rounds with an image that its trajectories have: what it takes at work where the user does not say. Null for what it took before.
    /// </summary>
    [Range(1, 100)]
    public int? MaxRounds { get; init; }

    /// <summary>
    /// Words that the model is to say more readily (above 0) or less, and what is added to the logits of their tokens at work; see
    /// <see cref="AgentFolder.WriteBias"/>.
    /// </summary>
    public IReadOnlyDictionary<string, double> WordBias { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>What is learned, and how it is computed.</summary>
    public SftOptions Sft { get; init; } = new();

    /// <summary>How the model is let at work at every <c>sft.rolloutEvery</c>th step and at the end.</summary>
    public RolloutOptions Rollouts { get; init; } = new();

    /// <summary>How many requests in free wording it is asked to read, at the same steps.</summary>
    public RequestOptions Requests { get; init; } = new();

    /// <summary>Length, batch (in conversations), optimizer.</summary>
    public TrainingOptions Training { get; init; } = new() { BatchSize = 64 };

    internal SftTrainerOptions Options => new() { Model = Model, Sft = Sft, Training = Training };
}

/// <summary>One source of conversations.</summary>
public sealed record SftDataOptions
{
    /// <summary>
    /// <c>trajectories</c> (a folder), <c>sharegpt</c> (a file), <c>perception</c> (the miniature world's lessons, made on the fly), or <c>paintings</c>
    /// (lessons on a generator's images, a folder of <c>genagent data paint</c>); see <see cref="SftSources"/>.
    /// </summary>
    public string Kind { get; init; } = "trajectories";

    /// <summary>The folder or file, relative to the working folder.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The share of the mixture, of any scale.</summary>
    [Range(1e-6, 1e9)]
    public double Weight { get; init; } = 1;

    /// <summary>Least number of rounds with an image; for trajectories.</summary>
    [Range(0, 1000)]
    public int LeastRounds { get; init; }

    /// <summary>Largest number of rounds with an image, 0 for any; for trajectories.</summary>
    [Range(0, 1000)]
    public int MostRounds { get; init; }

    /// <summary>The lessons of <c>perception</c> and <c>paintings</c>; null for the default ones from <see cref="Seed"/>.</summary>
    public PerceptionOptions? Perception { get; init; }

    /// <summary>Root of what a source draws itself.</summary>
    public ulong Seed { get; init; } = 1;
}
