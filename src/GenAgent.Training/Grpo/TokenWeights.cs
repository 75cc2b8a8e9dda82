using System.Text.Json.Serialization;

namespace GenAgent.Training.Grpo;

/// <summary>How the losses of a step's tokens become one loss.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LossMean>))]
public enum LossMean
{
    /// <summary>The mean over rollouts of the mean over a rollout's tokens: every rollout weighs alike, however long it is (GRPO).</summary>
    [JsonStringEnumMemberName("rollout")]
    Rollout,

    /// <summary>The mean over all tokens of the step: long rollouts weigh more (DAPO).</summary>
    [JsonStringEnumMemberName("token")]
    Token,

    /// <summary>The sum over the tokens, divided by the rollouts times a fixed number of tokens (Dr. GRPO).</summary>
    [JsonStringEnumMemberName("constant")]
    Constant,
}

/// <summary>What each token counts in the loss of a step.</summary>
internal static class TokenWeights
{
    /// <summary>The weights of some rollouts' tokens, one behind the other, as float64.</summary>
    /// <param name="mean">Which mean the loss is.</param>
    /// <param name="lengths">Learned tokens of each of these rollouts.</param>
    /// <param name="rollouts">Rollouts of the whole step.</param>
    /// <param name="tokens">Learned tokens of the whole step.</param>
    /// <param name="constant">The fixed number of tokens of <see cref="LossMean.Constant"/>.</param>
    public static double[] Of(LossMean mean, IReadOnlyList<int> lengths, int rollouts, long tokens, int constant) =>
        [.. lengths.SelectMany(length =>
            Enumerable.Repeat(
            mean switch { LossMean.Rollout => 1.0 / rollouts / length, LossMean.Token => 1.0 / tokens, _ => 1.0 / rollouts / constant }, length))];
}
