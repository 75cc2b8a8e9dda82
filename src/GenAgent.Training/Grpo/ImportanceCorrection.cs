using System.Text.Json.Serialization;
using GenAgent.Torch;
using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>How tokens are weighted where the sampler's and the trainer's log-probabilities of one and the same policy differ.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImportanceMode>))]
public enum ImportanceMode
{
    /// <summary>Not at all.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>A weight a token, cut off at the limits.</summary>
    [JsonStringEnumMemberName("token_truncate")]
    TokenTruncate,

    /// <summary>A weight a token; a token outside the limits counts nothing.</summary>
    [JsonStringEnumMemberName("token_mask")]
    TokenMask,

    /// <summary>A weight a rollout, cut off at the limits.</summary>
    [JsonStringEnumMemberName("sequence_truncate")]
    SequenceTruncate,

    /// <summary>A weight a rollout; a rollout outside the limits counts nothing.</summary>
    [JsonStringEnumMemberName("sequence_mask")]
    SequenceMask,
}

/// <summary>
/// Truncated importance weights between sampler and trainer. Source: "Your Efficient RL Framework Secretly Brings You Off-Policy RL"; numbers agree with TRL
/// 1.16.
/// </summary>
internal static class ImportanceCorrection
{
    /// <summary>The weight of each token, <c>[tokens]</c>, without gradient.</summary>
    /// <param name="tokens">Log-probabilities of the trainer, and of the sampler as the old ones; NaN where the sampler gave none, which counts as no
    /// difference.</param>
    /// <param name="mode">Whose weight, and what happens outside the limits; not <see cref="ImportanceMode.None"/>.</param>
    /// <param name="low">The lower limit; 0 for none.</param>
    /// <param name="high">The upper limit.</param>
    public static Tensor Weights(TokenBatch tokens, ImportanceMode mode, double low, double high)
    {
        var difference = (tokens.LogProbs.detach() - tokens.OldLogProbs).nan_to_num(0);
        var bySequence = mode is ImportanceMode.SequenceTruncate or ImportanceMode.SequenceMask;
        var ratio = (bySequence ? tokens.SumByRollout(difference).index_select(0, tokens.Rollouts) : difference).exp();
        return mode is ImportanceMode.TokenTruncate or ImportanceMode.SequenceTruncate
            ? ratio.Within(low, high)
            : ratio.mul(ratio.eq(ratio.Within(low, high)).to(ratio.dtype));
    }
}
