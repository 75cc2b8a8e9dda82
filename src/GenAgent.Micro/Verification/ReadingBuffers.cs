using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>The arrays of a reading, one value per pixel, reused by the next reading.</summary>
internal sealed class ReadingBuffers
{
    public const int Area = World.ImageSize * World.ImageSize;

    /// <summary>Each pixel minus the background, red, green, blue.</summary>
    public float[] Difference { get; } = new float[3 * Area];

    /// <summary>The difference, smoothed.</summary>
    public float[] Smooth { get; } = new float[3 * Area];

    /// <summary>Length of the smoothed difference.</summary>
    public float[] Distance { get; } = new float[Area];

    /// <summary>The highest distance nearby.</summary>
    public float[] Peak { get; } = new float[Area];

    public float[] Scratch { get; } = new float[3 * Area];

    /// <summary>The object that the pixel belongs to, from 1; 0 for none.</summary>
    public int[] Label { get; } = new int[Area];

    public int[] Queue { get; } = new int[Area];

    /// <summary>The share of the object's colour in each pixel of the current window.</summary>
    public float[] Coverage { get; } = new float[Area];
}
