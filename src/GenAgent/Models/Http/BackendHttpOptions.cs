using System.ComponentModel.DataAnnotations;
using GenAgent.Validation;

namespace GenAgent.Models.Http;

/// <summary>How a server is called: how long, how often again, and how much of an answer is taken. Immutable.</summary>
public sealed record BackendHttpOptions
{
    /// <summary>
    /// How many times a call is made again after 408, 409, 429, 5xx or a lost connection, 0 or more. A call that would do a job twice
    /// is made again only where the server says, or the network shows, that it was not begun.
    /// </summary>
    [Range(0, 100)]
    public int MaxRetries { get; init; } = 3;

    /// <summary>The wait before the first retry where the server names none; it doubles each time, with jitter.</summary>
    [Range(typeof(TimeSpan), "0:00:00", "1.00:00:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait between two attempts that is of our own choice.</summary>
    [Range(typeof(TimeSpan), "0:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The longest wait that a server's Retry-After may ask for; a longer one ends the call.</summary>
    [Range(typeof(TimeSpan), "0:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long connecting may take.</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one attempt may take, from the request's first byte to the answer's last (a streamed answer: to its first).</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a call may take with all its attempts and waits; also how long a streamed answer may run.</summary>
    [Range(typeof(TimeSpan), "0:00:00.01", "1.00:00:00")]
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a streamed answer may stay silent.</summary>
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
