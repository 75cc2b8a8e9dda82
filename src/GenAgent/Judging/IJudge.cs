namespace GenAgent.Judging;

/// <summary>
/// Judges one image against the prompt that it was made for. Implementations are safe to call from many tasks at once.
/// A judge that cannot judge returns <see cref="NoScore"/>: only cancellation throws.
/// </summary>
public interface IJudge
{
    /// <summary>Who judges, and by which version of the question: stands beside every score, as in <c>micro-verifier/2</c>.</summary>
    string Name { get; }

    /// <summary>Judges the image.</summary>
    ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default);
}
