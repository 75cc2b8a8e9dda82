namespace GenAgent.Evaluation.Benchmarks;

/// <summary>A box over an image, with what a judge read there. Positions are shares of the image's width and height, in [0, 1].</summary>
/// <param name="Left">Left edge.</param>
/// <param name="Top">Top edge.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Bottom">Bottom edge.</param>
/// <param name="Label">A word or two over the box.</param>
/// <param name="Detail">What a pointer over the box shows.</param>
/// <param name="IsClear">False where the judge was in doubt.</param>
public sealed record ImageMark(double Left, double Top, double Right, double Bottom, string Label, string Detail, bool IsClear);
