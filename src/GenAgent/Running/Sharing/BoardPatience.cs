namespace GenAgent.Running.Sharing;

/// <summary>Tries calls of a board again while it cannot be reached, up to a bound. Safe to use from many tasks at once.</summary>
internal sealed class BoardPatience(SharingOptions options, TimeProvider time, Action<string>? notice)
{
    private readonly TimeSpan _pause = options.Period * 10;
    private int _isTold;

    /// <summary>The answer of a call, as soon as the board gives one.</summary>
    /// <exception cref="BoardUnavailableException">It gave none for too long.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<T> TryAsync<T>(Func<Task<T>> call, CancellationToken giveUp)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                var answer = await call();
                Interlocked.Exchange(ref _isTold, 0);
                return answer;
            }
            catch (BoardUnavailableException away) when (time.GetElapsedTime(begun) < options.Outage)
            {
                if (Interlocked.Exchange(ref _isTold, 1) == 0) notice?.Invoke($"{away.Message} Trying again.");
                await Task.Delay(_pause, time, giveUp);
            }
        }
    }
}
