namespace GenAgent.Engines.Wire;

/// <summary>What a vLLM made of an image. Immutable.</summary>
/// <param name="Hash">Its name at the server.</param>
/// <param name="Features">How many pads stand for it.</param>
/// <param name="Data">The prepared image as the server wrote it: opaque here. Null once the server has had it.</param>
internal sealed record RenderedImage(string Hash, int Features, string? Data);
