using System.Runtime.InteropServices;

namespace GenAgent.Server.Protocols;

/// <summary>What a client of another protocol is told of a job while it runs. Immutable.</summary>
/// <param name="Sample">Which of the job's samples, from 0.</param>
internal abstract record RunUpdate(int Sample);

/// <summary>A piece of the agent's judgments and thoughts.</summary>
internal sealed record ThoughtUpdate(int Sample, string Text) : RunUpdate(Sample);

/// <summary>The agent asks a generator for an image.</summary>
internal sealed record CallUpdate(int Sample) : RunUpdate(Sample);

/// <summary>How far a sample is, in [0, 1]: never less than before.</summary>
internal sealed record ProgressUpdate(int Sample, double Fraction, string Stage, int? Step, int? Steps) : RunUpdate(Sample);

/// <summary>The generator shows a preview of an image that it is at least half done with; one for each call.</summary>
internal sealed record PreviewUpdate(int Sample) : RunUpdate(Sample);

/// <summary>The agent is shown an image: a draft, or the one that it is content with.</summary>
/// <param name="Sample">Which of the job's samples.</param>
/// <param name="Image">The image.</param>
internal sealed record ImageUpdate(int Sample, RunImage Image) : RunUpdate(Sample);

/// <summary>A sample is over.</summary>
/// <param name="Sample">Which of the job's samples.</param>
/// <param name="Image">Its image; null if it made none.</param>
/// <param name="Answer">What the agent said at the end; null for nothing.</param>
/// <param name="Tokens">Tokens that the agent read and wrote.</param>
/// <param name="Error">Why there is no image; null if there is one.</param>
internal sealed record SampleUpdate(int Sample, RunImage? Image, string? Answer, RunTokens Tokens, string? Error) : RunUpdate(Sample)
{
    /// <summary>The trajectory's id; null for a sample that never began.</summary>
    public string? Trajectory { get; init; }

    /// <summary>Whether the agent declined the request in words, so that asking again is of no use.</summary>
    public bool Declined { get; init; }

    /// <summary>Whether the image was judged right by the agent; null where it gave no verdict.</summary>
    public bool? Passed { get; init; }
}

/// <summary>An image of a run.</summary>
/// <param name="Id">SHA-256 of its bytes.</param>
/// <param name="MediaType">For instance <c>image/png</c>.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Seed">The seed that drew it; null where nobody knows.</param>
/// <param name="Prompt">What the generator was asked for; null where nobody knows.</param>
internal sealed record RunImage(string Id, string MediaType, int Width, int Height, long? Seed, string? Prompt);

/// <summary>Tokens read and written by the agent's model.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RunTokens(long Input, long Output)
{
    public long Total => Input + Output;

    public static RunTokens operator +(RunTokens left, RunTokens right) => new(left.Input + right.Input, left.Output + right.Output);
}
