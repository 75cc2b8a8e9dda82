namespace GenAgent.Training.Sources;

/// <summary>
/// Images with captions to train on, by number. What is behind a number never changes: the same number always gives the same image,
/// and the same number and seed the same caption, on any thread and in any order. Safe to use from several threads at once.
/// </summary>
public interface IImageCaptionSource
{
    /// <summary>What the source is made of, its seed included; a run is not resumed on another.</summary>
    string Identity { get; }

    /// <summary>What the images alone are made of: latents that were computed for other captions are good for these.</summary>
    string ImageIdentity { get; }

    /// <summary>Number of images; indices run from 0 to below it. <see cref="long.MaxValue"/> for a source without end.</summary>
    long Count { get; }

    /// <summary>Width of each image in pixels.</summary>
    int Width { get; }

    /// <summary>Height of each image in pixels.</summary>
    int Height { get; }

    /// <summary>Writes an image's three planes, <c>[3, height, width]</c>, values in [-1, 1].</summary>
    void ReadImage(long index, Span<float> planes);

    /// <summary>A caption of an image, drawn anew for each seed.</summary>
    string DrawCaption(long index, ulong seed);
}
