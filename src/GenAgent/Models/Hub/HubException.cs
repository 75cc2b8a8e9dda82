namespace GenAgent.Models.Hub;

/// <summary>A request to the hub failed. The message says what to do, and never contains the token.</summary>
public class HubException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubException()
        : this("The request to the hub failed.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public HubException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The repository is private or gated, and there is no token with access.</summary>
public sealed class HubAccessException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubAccessException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public HubAccessException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public HubAccessException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>There is no such repository, revision or file.</summary>
public sealed class HubNotFoundException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubNotFoundException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public HubNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public HubNotFoundException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The hub is unreachable, too busy, or interrupted the download too often. Downloaded data is kept: the same call resumes.</summary>
public sealed class HubUnavailableException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubUnavailableException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public HubUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public HubUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A file's hash was wrong twice.</summary>
public sealed class HubIntegrityException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubIntegrityException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public HubIntegrityException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public HubIntegrityException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
