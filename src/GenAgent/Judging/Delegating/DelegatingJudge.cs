namespace GenAgent.Judging;

/// <summary>A judge that forwards every request to another; the base of wrappers that add one behaviour. As thread-safe as the wrapped judge.</summary>
/// <param name="inner">Who judges.</param>
public abstract class DelegatingJudge(IJudge inner) : IJudge
{
    /// <inheritdoc/>
    public virtual string Name => Inner.Name;

    /// <summary>The wrapped judge.</summary>
    protected IJudge Inner { get; } = inner ?? throw new ArgumentNullException(nameof(inner));

    /// <inheritdoc/>
    public virtual ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
        Inner.JudgeAsync(request, cancellationToken);
}
