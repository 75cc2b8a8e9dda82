namespace GenAgent.Models.Hub;

/// <summary>Makes a transfer again while it breaks off, as long as it gets further or has tries left.</summary>
internal sealed class HubRetry(HubOptions options, TimeProvider timeProvider)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>Runs a transfer until it is through.</summary>
    /// <param name="transfer">Throws <see cref="BrokenTransferException"/> where it may be made again.</param>
    /// <param name="progress">A number that grows as the transfer gets further.</param>
    /// <param name="cancellationToken">Ends the waiting too.</param>
    /// <exception cref="HubUnavailableException">All tries were used up, or the server asks for too long a wait.</exception>
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
