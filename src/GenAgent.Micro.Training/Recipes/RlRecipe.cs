using System.ComponentModel.DataAnnotations;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train rl</c>.</summary>
public sealed record RlRecipe
{
    /// <summary>
    /// The model that is trained further: a folder, relative to the working folder, or a URI of a local chat model (<c>micro</c>, <c>hf:ORG/NAME</c>).
    /// </summary>
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>
    /// The inference engine that samples the rollouts, with one replica or more: <c>vllm:NAME@http://a:8000,http://b:8000</c> or <c>sglang:...</c>; empty to
    /// sample in this process.
    /// </summary>
    public string Engine { get; init; } = string.Empty;

    /// <summary>
    /// The folder in which <see cref="Engine"/> finds the weights, relative to the working folder; every replica must see it under the same path. Empty for
    /// <c>engine-weights</c> in the run's folder.
    /// </summary>
    public string EngineWeights { get; init; } = string.Empty;

    /// <summary>
    /// A folder, relative to the working folder, in which <c>genagent gateway</c> records rewarded rollouts of another agent (its data folder's
    /// <c>gateway</c>): these are trained on, as they come, and prompts, generator, judges and rewards are not used. Empty for rollouts by our own agent.
    /// </summary>
    public string Recorded { get; init; } = string.Empty;

    /// <summary>What the policy practises on.</summary>
    public RlPromptOptions Prompts { get; init; } = new();

    /// <summary>The URI of the generator that the policy calls.</summary>
    public string Generator { get; init; } = "micro";

    /// <summary>The URI of the judge of a single image: <c>verifier</c>, or a chat model with eyes.</summary>
    public string Judge { get; init; } = "verifier";

    /// <summary>The URI of a chat model with eyes that compares two images; empty compares the scores of <see cref="Judge"/>.</summary>
    public string PairwiseJudge { get; init; } = string.Empty;

    /// <summary>
    /// The URI of a second judge that is only watched: when its verdicts fall while the reward rises, the reward is being gamed. Empty for none.
    /// </summary>
    public string Monitor { get; init; } = string.Empty;

    /// <summary>The weight of each reward, by name.</summary>
    public IReadOnlyDictionary<string, double> Rewards { get; init; } = KnownRewards.PaperWeights;

    /// <summary>Denoising steps of an image; null for the generator's own default.</summary>
    [Range(1, 1000)]
    public int? Steps { get; init; }

    /// <summary>Broken turns that a rollout survives.</summary>
    [Range(0, 100)]
    public int BrokenTurns { get; init; } = 1;

    /// <summary>
    /// Biases of the model that is written, by word; see <c>sft</c>. Those of <see cref="StartFrom"/> are dropped: a policy is trained without.
    /// </summary>
    public IReadOnlyDictionary<string, double> WordBias { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Sampling, selection, advantage, loss.</summary>
    public GrpoOptions Grpo { get; init; } = new();

    /// <summary>The periodic evaluation on held-out prompts.</summary>
    public RolloutOptions Rollouts { get; init; } = new();

    /// <summary>Length in optimizer steps, optimizer, checkpoints. Batch and average of the weights are not used.</summary>
    public TrainingOptions Training { get; init; } = new()
    {
        LearningRate = 1e-6,
        Schedule = new LearningRateSchedule { Shape = LearningRateShape.Constant },
        EmaDecay = 0,
        LogEvery = 1
    };
}

/// <summary>The prompts of a recipe of <c>genagent train rl</c>.</summary>
public sealed record RlPromptOptions
{
    /// <summary><c>micro</c> (training prompts of the miniature benchmark's kinds) or <c>file</c> (<see cref="Path"/>).</summary>
    public string Kind { get; init; } = "micro";

    /// <summary>A file of prompts, relative to the working folder, as for <c>genagent data synth</c>.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>Share of the other prompts that are requests in free wording (docs/language.md), for kind <c>micro</c>.</summary>
    [Range(0.0, 1.0)]
    public double Requests { get; init; }

    /// <summary>Share of prompts that the miniature world cannot draw and that are to be declined, for the kinds that have them.</summary>
    [Range(0.0, 1.0)]
    public double Outside { get; init; }
}
