using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace GenAgent.Training.Sft;

/// <summary>A floating-point type of weights.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WeightType>))]
public enum WeightType
{
    /// <summary>32 bits.</summary>
    [JsonStringEnumMemberName("float32")]
    FP32,

    /// <summary>16 bits with the range of 32.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BF16,

    /// <summary>16 bits with a finer step and a small range.</summary>
    [JsonStringEnumMemberName("float16")]
    FP16,
}

/// <summary>A floating-point type that matrix products are computed in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProductType>))]
public enum ProductType
{
    /// <summary>32 bits.</summary>
    [JsonStringEnumMemberName("float32")]
    FP32,

    /// <summary>16 bits with the range of 32; sums have 32.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BF16,
}

/// <summary>What supervised fine-tuning learns from a conversation, and how it is computed.</summary>
public sealed record SftOptions
{
    /// <summary>Passes over the data, which then set the number of steps; 0 takes <c>training.steps</c>.</summary>
    [Range(0.0, 10_000.0)]
    public double Epochs { get; init; }

    /// <summary>The first turn of the model that is learned, from 1; earlier ones are only read.</summary>
    [Range(1, 1000)]
    public int FromRound { get; init; } = 1;

    /// <summary>Conversations with more tokens end the run with an error: nothing is cut silently.</summary>
    [Range(8, 10_000_000)]
    public int MaxTokens { get; init; } = 32768;

    /// <summary>About how many tokens a worker takes at a time. More use a GPU better; fewer stay in the processor's cache, and need less memory.</summary>
    [Range(8, 10_000_000)]
    public int PackTokens { get; init; } = 1536;

    /// <summary>Whether tokens that all conversations of a pack begin with are computed once.</summary>
    public bool SharePrefix { get; init; } = true;

    /// <summary>Recomputes activations in the backward pass: a third more work for much less memory. Needs one worker.</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>The weights' type while they are computed with. With 16 bits the optimizer keeps the exact ones in 32.</summary>
    public WeightType Weights { get; init; }

    /// <summary>
    /// The type that the language model's matrix products are computed in, <c>float32</c> or <c>bfloat16</c>. The latter is mixed precision: weights, sums and
    /// the optimizer keep the type of <see cref="Weights"/>. Faster on a processor that multiplies bfloat16, slower on others.
    /// </summary>
    public ProductType Products { get; init; }

    /// <summary>The weights' type in the model that is written.</summary>
    public WeightType SavedWeights { get; init; } = WeightType.BF16;

    /// <summary>Rank of low-rank adapters that are trained in place of the weights; 0 trains the weights.</summary>
    [Range(0, 4096)]
    public int LoraRank { get; init; }

    /// <summary>The adapters' alpha; 0 takes twice the rank.</summary>
    [Range(0.0, 8192.0)]
    public double LoraAlpha { get; init; }

    /// <summary>Ends of the names of the layers that get an adapter.</summary>
    public IReadOnlyList<string> LoraTargets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj"];

    /// <summary>Whether the vision tower stays as it is. The merger, which makes its features the language model's, learns all the same.</summary>
    public bool FreezeVision { get; init; }

    /// <summary>Steps between rollouts, which take place at an evaluation; 0 for every evaluation.</summary>
    [Range(0, 1_000_000_000)]
    public long RolloutEvery { get; init; }
}
