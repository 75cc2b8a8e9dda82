using System.ComponentModel.DataAnnotations;
using GenAgent.Validation;

namespace GenAgent.Models.Http;

/// <summary>Timeouts, retries and size limits of server calls. Immutable.</summary>
public sealed record BackendHttpOptions
{
    /// <summary>
    /// Number of retries after 408, 409, 429, 5xx or a lost connection, 0 or more. A call that must not run twice is retried only if it certainly was not
    /// started.
    /// </summary>
    [Range(0, 100)]
    public int MaxRetries { get; init; } = 3;

    /// <summary>The delay before the first retry if the server names none; it doubles each time, with jitter.</summary>
    [Range(typeof(TimeSpan), "0:00:00", "1.00:00:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest delay between two attempts, unless the server names one.</summary>
    [Range(typeof(TimeSpan), "0:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The longest accepted Retry-After; a longer one ends the call.</summary>
    [Range(typeof(TimeSpan), "0:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long connecting may take.</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The timeout of one attempt, up to the last byte of the answer (for a streamed answer, the first).</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The timeout of a call with all attempts and delays, and of a streamed answer.</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The longest silence of a streamed answer.</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most bytes of an answer that is accepted.</summary>
    [Range(1, 1 << 30)]
    public long MaxResponseBytes { get; init; } = 256L << 20;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal BackendHttpOptions Validate()
    {
        OptionRules.Validate(this, "Http");
        return this;
    }
}
