namespace GenAgent.Training.Grpo.Engines;

/// <summary>Where a policy's turns are sampled, if not in the trainer's process.</summary>
/// <param name="Engine">The engine; stays the caller's.</param>
/// <param name="WeightsFolder">
/// Where the weights are written that it is to read, by optimizer step; created if absent. Every replica must see it under the same path.
/// </param>
public sealed record RemoteSampling(IRolloutEngine Engine, string WeightsFolder);
