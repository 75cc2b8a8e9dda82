namespace GenAgent.Torch.Imaging;

/// <summary>An image as the vision tower takes it.</summary>
/// <param name="Values"><c>[patches, channels * frames * side * side]</c>, normalised, in merge-block order.</param>
/// <param name="Grid">The image's extent in patches.</param>
public sealed record ImagePatches(float[] Values, ImageGrid Grid);
