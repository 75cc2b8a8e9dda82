namespace GenAgent.Trajectories;

/// <summary>
/// What a model was fed and what it sampled, token by token: the only thing a trainer may train on.
/// All three lists have one entry a token; image pads stand expanded, one id an image feature.
/// </summary>
/// <param name="Ids">Token ids of the whole conversation so far, in order.</param>
/// <param name="LogProbs">Natural log-probability of each sampled token under the temperature-scaled distribution before any truncation; 0 for tokens that were fed.</param>
/// <param name="Sampled">True where the model wrote the token, false where it was fed.</param>
public sealed record TokenTrace(IReadOnlyList<int> Ids, IReadOnlyList<float> LogProbs, IReadOnlyList<bool> Sampled);
