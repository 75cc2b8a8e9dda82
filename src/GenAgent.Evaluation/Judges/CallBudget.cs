namespace GenAgent.Evaluation.Judges;

/// <summary>How many calls are left. What may be needed is taken before, and what was not used is given back: the limit is never passed. Thread-safe.</summary>
/// <param name="calls">How many are allowed, 0 or more.</param>
public sealed class CallBudget(long calls)
{
    private long _left = calls;

    /// <summary>How many are left.</summary>
    public long Left => Volatile.Read(ref _left);

    /// <summary>Takes so many, or none where fewer are left.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <returns>False where fewer are left; then none are taken.</returns>
    public bool TryTake(long count)
    {
        for (var left = Left; left >= count; left = Left)
        {
            if (Interlocked.CompareExchange(ref _left, left - count, left) == left)
                return true;
        }

        return false;
    }

    /// <summary>Gives back what was not used.</summary>
    /// <param name="count">How many, 0 or more.</param>
    public void Return(long count) => Interlocked.Add(ref _left, count);
}
