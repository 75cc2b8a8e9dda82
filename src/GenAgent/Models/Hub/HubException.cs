namespace GenAgent.Models.Hub;

/// <summary>The hub did not give what was asked of it. The message says what, and what to do; it never holds the token.</summary>
public class HubException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubException()
        : this("The hub did not give what was asked.")
    {
    }

    /// <summary>Creates the exception.</summary>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public HubException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The repository is private or gated, and the token (or its absence) does not open it.</summary>
public sealed class HubAccessException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubAccessException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public HubAccessException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
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
    public HubNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public HubNotFoundException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The hub cannot be reached, is too busy, or broke off too often. What was loaded stays: the same call goes on from there.</summary>
public sealed class HubUnavailableException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubUnavailableException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public HubUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public HubUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>What arrived is not what the hub says the file holds, twice.</summary>
public sealed class HubIntegrityException : HubException
{
    /// <summary>Creates the exception with a general message.</summary>
    public HubIntegrityException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public HubIntegrityException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public HubIntegrityException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
