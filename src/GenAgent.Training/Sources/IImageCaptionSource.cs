namespace GenAgent.Training.Sources;

/// <summary>
/// Training images with captions, by index. The same index always gives the same image, and the same index and seed the same caption, on any thread and in
/// any order. Safe to use from several threads at once.
/// </summary>
public interface IImageCaptionSource
{
    /// <summary>Identifies the source's content, including its seed; a run cannot be resumed on another.</summary>
    string Identity { get; }

    /// <summary>Identifies the images without their captions: latents computed with other captions can be reused.</summary>
    string ImageIdentity { get; }

    /// <summary>Number of images; indices run from 0 to below it. <see cref="long.MaxValue"/> for a source without end.</summary>
    long Count { get; }

    /// <summary>Width of each image in pixels.</summary>
    int Width { get; }

    /// <summary>Height of each image in pixels.</summary>
    int Height { get; }

    /// <summary>Writes an image's three planes, <c>[3, height, width]</c>, values in [-1, 1].</summary>
    /// <param name="index">The image's index, 0 or more.</param>
    /// <param name="planes">Where the values go; three planes.</param>
    void ReadImage(long index, Span<float> planes);

    /// <summary>A caption of an image, drawn anew for each seed.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The caption.</returns>
    string DrawCaption(long index, ulong seed);
}
