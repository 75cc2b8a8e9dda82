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

    /// <summary>
    /// What is measured in every place besides, by name: a number near 1 tells more of how near a border is than the label on its one side does.
    /// </summary>
    IReadOnlyList<string> Measures { get; }

    /// <summary>Reads an image and what stands in its places.</summary>
    /// <param name="index">Which image.</param>
    /// <param name="labels"><c>[features, kinds]</c>: takes an answer's number, or <see cref="NotAsked"/>.</param>
    /// <param name="measures"><c>[features, measures]</c>: takes a number, or NaN where nothing is measured.</param>
    PixelImage Read(long index, Span<long> labels, Span<float> measures);
}
