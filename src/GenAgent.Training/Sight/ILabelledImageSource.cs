using GenAgent.Training.Sources;

namespace GenAgent.Training.Sight;

/// <summary>A kind of label that every feature of an image has.</summary>
/// <param name="Name">What is asked, as <c>color</c>.</param>
/// <param name="Answers">How many answers there are.</param>
public sealed record LabelKind(string Name, int Answers);

/// <summary>
/// Images of one size, each with labels for its features in raster order that say what is there. An index always gives the same image and labels. Safe to
/// use from several threads at once.
/// </summary>
public interface ILabelledImageSource
{
    /// <summary>The label of a feature that has no answer and is ignored.</summary>
    const int NotAsked = -100;

    /// <summary>Identifies the source's content, including its seed; a run cannot be resumed on another.</summary>
    string Identity { get; }

    /// <summary>Number of images; indices run from 0 to below it. <see cref="long.MaxValue"/> for a source without end.</summary>
    long Count { get; }

    /// <summary>Number of features that the vision tower makes of an image.</summary>
    int Features { get; }

    /// <summary>The questions.</summary>
    IReadOnlyList<LabelKind> Kinds { get; }

    /// <summary>
    /// The names of additional measurements of each feature: a number close to 1 tells how close a decision boundary is, which a label does not.
    /// </summary>
    IReadOnlyList<string> Measures { get; }

    /// <summary>Reads an image with its labels and measurements.</summary>
    /// <param name="index">Which image.</param>
    /// <param name="labels"><c>[features, kinds]</c>: receives the number of the answer, or <see cref="NotAsked"/>.</param>
    /// <param name="measures"><c>[features, measures]</c>: receives a number, or NaN if nothing was measured.</param>
    /// <returns>The image.</returns>
    PixelImage Read(long index, Span<long> labels, Span<float> measures);
}
