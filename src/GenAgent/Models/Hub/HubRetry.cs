namespace GenAgent.Models.Hub;

/// <summary>Repeats an interrupted transfer as long as it makes progress or has retries left.</summary>
internal sealed class HubRetry(HubOptions options, TimeProvider timeProvider)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>Runs a transfer until it completes.</summary>
    /// <param name="transfer">Throws <see cref="BrokenTransferException"/> if it may be repeated.</param>
    /// <param name="progress">A number that grows with the transfer's progress.</param>
    /// <param name="cancellationToken">Also cancels delays.</param>
    /// <exception cref="HubUnavailableException">No retries are left, or the server asks for too long a delay.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> transfer, Func<long> progress, CancellationToken cancellationToken)
    {
        var failures = 0;
        for (; ;)
        {
            var before = progress();
            TimeSpan delay;
            try
            {
                return await transfer();
            }
            catch (BrokenTransferException fault)
            {
                failures = progress() > before ? 1 : failures + 1;
                if (failures > options.MaxRetries)
                {
                    throw new HubUnavailableException($"{fault.Message} Gave up after {failures} tries; what was loaded is kept, so try again later.", fault);
                }

                if (fault.RetryAfter > options.MaxRetryAfter)
                {
                    throw new HubUnavailableException($"{fault.Message} It asks to wait {fault.RetryAfter.Value.TotalSeconds:F0} s: try again then.", fault);
                }

                var backoff = options.RetryDelay * Math.Pow(2, failures - 1);
                delay = fault.RetryAfter ?? (backoff < LongestDelay ? backoff : LongestDelay);
            }

            await Task.Delay(delay, timeProvider, cancellationToken);
        }
    }
}
