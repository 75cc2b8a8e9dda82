namespace GenAgent.Running;

/// <summary>
/// Thrown by a task that may not be done in this run, as a limit of the user's is reached: it is left for the next run, no further task begins, and those
/// under way are finished.
/// </summary>
/// <param name="limit">What is spent, as <c>the images</c>.</param>
public sealed class RunLimitException(string limit) : Exception($"{limit} that were allowed are spent.")
{
    /// <summary>What is spent, as <c>the images</c>.</summary>
    public string Limit { get; } = limit;
}
