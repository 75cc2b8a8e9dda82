namespace GenAgent.Engines.Weights;

/// <summary>Weights that an engine is to sample with. Immutable.</summary>
/// <param name="Folder">
/// The full path of a folder that is whole and that every replica sees under this path: a checkpoint in the layout of Hugging Face, or a LoRA adapter in
/// PEFT's.
/// </param>
/// <param name="Version">Names the weights; every answer of the engine carries it.</param>
/// <param name="IsAdapter">Whether the folder holds an adapter on the model that the engine serves, instead of all weights.</param>
public sealed record EngineWeights(string Folder, string Version, bool IsAdapter);
