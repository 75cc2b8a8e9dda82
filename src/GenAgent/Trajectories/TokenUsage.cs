namespace GenAgent.Trajectories;

/// <summary>Tokens read and written by a model.</summary>
/// <param name="Input">Tokens read, 0 or more.</param>
/// <param name="Output">Tokens written, 0 or more.</param>
/// <param name="Estimated">True if the backend did not count; the numbers are then estimates at four characters per token.</param>
public sealed record TokenUsage(long Input, long Output, bool Estimated = false)
{
    /// <summary>No tokens.</summary>
    public static TokenUsage None { get; } = new(0, 0);

    /// <summary>The sum of two usages; estimated when one of them is.</summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <returns>The sum.</returns>
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) => Add(left, right);

    /// <summary>The sum of two usages; estimated when one of them is.</summary>
    /// <param name="left">A usage.</param>
    /// <param name="right">Another usage.</param>
    /// <returns>The sum.</returns>
    public static TokenUsage Add(TokenUsage left, TokenUsage right) =>
        new(left.Input + right.Input, left.Output + right.Output, left.Estimated || right.Estimated);
}
