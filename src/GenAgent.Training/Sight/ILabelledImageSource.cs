using GenAgent.Training.Sources;

namespace GenAgent.Training.Sight;

/// <summary>A question that has an answer for every feature of an image.</summary>
/// <param name="Name">What is asked, as <c>color</c>.</param>
/// <param name="Answers">How many answers there are.</param>
public sealed record LabelKind(string Name, int Answers);

/// <summary>
/// Images of one size, each with labels for its features in raster order: what stands there. What is behind a number never changes. Safe to use from
/// several threads at once.
/// </summary>
public interface ILabelledImageSource
{
    /// <summary>The label of what is not asked.</summary>
    const int NotAsked = -100;

    /// <summary>What the source is made of, its seed included; a run is not resumed on another.</summary>
    string Identity { get; }

    /// <summary>Number of images; indices run from 0 to below it. <see cref="long.MaxValue"/> for a source without end.</summary>
    long Count { get; }

    /// <summary>Features of an image: what the vision tower makes of it.</summary>
    int Features { get; }

    /// <summary>The questions.</summary>
    IReadOnlyList<LabelKind> Kinds { get; }

    /// <summary>Reads an image and its labels, <c>[features, kinds]</c>: an answer's number, or <see cref="NotAsked"/>.</summary>
    PixelImage Read(long index, Span<long> labels);
}
