namespace GenAgent.Judging;

/// <summary>
/// Judges one image against the prompt that it was made for. Implementations are safe to call from many tasks at once.
/// A judge that cannot judge returns <see cref="NoScore"/>: only cancellation throws.
/// </summary>
public interface IJudge
{
    /// <summary>The judge and the version of its question, as in <c>micro-verifier/2</c>; recorded with every score.</summary>
    string Name { get; }

    /// <summary>Judges the image.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>A score, or why there is none.</returns>
    ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default);
}
