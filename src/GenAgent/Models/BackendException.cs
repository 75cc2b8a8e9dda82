namespace GenAgent.Models;

/// <summary>
/// A chat model or an image generator did not do what it was asked. The message says which backend, what happened, and what to do;
/// it holds no secret. Each subclass is something that a caller can act on.
/// </summary>
public abstract class BackendException : Exception
{
    private protected BackendException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The answer's HTTP status, or null where there was none.</summary>
    public int? Status { get; init; }

    /// <summary>The backend's own code or type of the error, such as <c>invalid_value</c>; null where it gave none.</summary>
    public string? Code { get; init; }

    /// <summary>Whether asking again in other words is senseless: the key is refused, nobody is there, or there is no such thing.</summary>
    internal bool EndsRun => this is BackendAuthenticationException
        or BackendRejectedException { Status: 401 or 403 or 404 or 405 or 410 or 501 }
        or BackendUnavailableException { InnerException: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError } };

    /// <summary>The same failure in other words, without what lies behind it.</summary>
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

/// <summary>The backend cannot be reached, broke off, took too long or failed inside, after all retries. The same call may succeed later.</summary>
public sealed class BackendUnavailableException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public BackendUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The backend asks for fewer calls: rate limit, quota, or a full queue, after all retries.</summary>
public sealed class RateLimitException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public RateLimitException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>How long the backend asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The backend wants a key, or another one.</summary>
public sealed class BackendAuthenticationException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public BackendAuthenticationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The backend holds the request to be wrong: the same call will fail again.</summary>
public sealed class BackendRejectedException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public BackendRejectedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The backend's content filter refused the prompt or the image: another prompt may pass.</summary>
public sealed class PromptRefusedException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public PromptRefusedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The conversation is longer than the model's context: a shorter one may pass.</summary>
public sealed class ContextLengthException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public ContextLengthException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>What came back is no usable answer: a web page, half an answer, more than the allowed size, or no image.</summary>
public sealed class BackendAnswerException : BackendException
{
    /// <summary>Creates the exception.</summary>
    public BackendAnswerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
