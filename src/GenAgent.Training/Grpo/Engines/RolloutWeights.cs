namespace GenAgent.Training.Grpo.Engines;

/// <summary>Weights that an engine is to sample with. Immutable.</summary>
/// <param name="Folder">
/// The full path of a folder that is whole: a checkpoint in the layout of Hugging Face (<c>config.json</c> and safetensors), or a LoRA adapter in PEFT's.
/// </param>
/// <param name="Version">The optimizer step that made them, 0 or more.</param>
/// <param name="IsAdapter">Whether the folder holds an adapter on the model that the run began with, instead of all weights.</param>
public sealed record RolloutWeights(string Folder, long Version, bool IsAdapter);
