using Microsoft.Extensions.AI;

namespace GenAgent.Generators;

/// <summary>
/// How far a request for images is. Reported by generators that know, in the order in which it happens, from any thread;
/// a watcher passes an <see cref="IProgress{T}"/> with <see cref="ImageOptionsExtensions.WithProgress"/>, and returns fast.
/// </summary>
/// <param name="Fraction">The finished share, in [0, 1]; never decreases within a request.</param>
/// <param name="Stage">The current stage in a word or two: <c>queued</c>, <c>sampling</c>, <c>decoding</c>; the server's own word if it gives one.</param>
public readonly record struct ImageProgress(double Fraction, string Stage)
{
    /// <summary>Denoising steps done, or null when unknown.</summary>
    public int? Step { get; init; }

    /// <summary>Denoising steps in all, or null when unknown.</summary>
    public int? Steps { get; init; }

    /// <summary>A preview of the unfinished image (small, encoded), or null.</summary>
    public DataContent? Preview { get; init; }
}
