using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Perception;

/// <summary>An image with the verifier's reading (for a clean rendering, the rendered scene).</summary>
/// <param name="Image">The image, 96 x 96.</param>
/// <param name="Reading">What is seen.</param>
public sealed record SeenImage(RgbImage Image, SceneReading Reading)
{
    /// <summary>Mirrored left to right; every shape of this world is its own mirror image.</summary>
    /// <returns>The mirrored image, with its reading mirrored too.</returns>
    public SeenImage Mirrored() => new(Image.Mirrored(), Reading with
    {
        Objects = [.. Reading.Objects.Select(o => o with
        {
            CenterX = World.ImageSize - o.CenterX, Box = o.Box with { Left = World.ImageSize - o.Box.Right, Right = World.ImageSize - o.Box.Left },
        }).OrderBy(o => o.Cell)],
    });
}
