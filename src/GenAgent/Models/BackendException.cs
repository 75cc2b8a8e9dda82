namespace GenAgent.Models;

/// <summary>
/// A chat model or an image generator failed. The message names the backend, the fault and the remedy, and contains no secret. Each subclass is a case that
/// a caller can handle.
/// </summary>
public abstract class BackendException : Exception
{
    private protected BackendException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The answer's HTTP status, or null if there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>The backend's own code or type of the error, such as <c>invalid_value</c>; null if it gave none.</summary>
    public string? Code { get; init; }

    /// <summary>Whether there was no answer within the time limit.</summary>
    public bool TimedOut => InnerException is Polly.Timeout.TimeoutRejectedException;

    /// <summary>
    /// Whether the fault is permanent, so that another prompt cannot help: the key is rejected, the money is spent, the server is unreachable, or the
    /// resource does not exist.
    /// </summary>
    internal bool EndsRun => this is BackendAuthenticationException or RateLimitException { Code: Http.BackendFault.Quota }
        or BackendRejectedException { Status: 401 or 402 or 403 or 404 or 405 or 410 or 501 }
        or BackendUnavailableException { InnerException: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError } };

    /// <summary>The same failure with another message and without its inner exception.</summary>
    internal BackendException Say(string message, Telemetry.SecretMask mask)
    {
        var code = Code is null ? null : mask.MaskValues(Code);
        return this switch
        {
            BackendUnavailableException => new BackendUnavailableException(message) { Status = Status, Code = code },
            RateLimitException limit => new RateLimitException(message) { Status = Status, Code = code, RetryAfter = limit.RetryAfter },
            BackendAuthenticationException => new BackendAuthenticationException(message) { Status = Status, Code = code },
            BackendRejectedException => new BackendRejectedException(message) { Status = Status, Code = code },
            PromptRefusedException => new PromptRefusedException(message) { Status = Status, Code = code },
            ContextLengthException => new ContextLengthException(message) { Status = Status, Code = code },
            _ => new BackendAnswerException(message) { Status = Status, Code = code },
        };
    }
}

/// <summary>The backend was unreachable, closed the connection, timed out or failed internally, after all retries. The same call may succeed later.</summary>
public sealed class BackendUnavailableException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public BackendUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The backend asks for fewer calls: rate limit, quota, or a full queue, after all retries.</summary>
public sealed class RateLimitException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public RateLimitException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>How long the backend asks to wait; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The backend requires a key, or another one.</summary>
public sealed class BackendAuthenticationException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public BackendAuthenticationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The backend rejected the request as invalid: the same call will fail again.</summary>
public sealed class BackendRejectedException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public BackendRejectedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The same refusal with what to do about it.</summary>
    internal BackendRejectedException With(string hint) => new($"{Message} {hint}", this) { Status = Status, Code = Code };
}

/// <summary>The backend's content filter refused the prompt or the image: another prompt may succeed.</summary>
public sealed class PromptRefusedException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public PromptRefusedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The conversation is longer than the model's context: a shorter one may succeed.</summary>
public sealed class ContextLengthException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ContextLengthException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The answer is unusable: a web page, incomplete, too large, or without an image.</summary>
public sealed class BackendAnswerException : BackendException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public BackendAnswerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
