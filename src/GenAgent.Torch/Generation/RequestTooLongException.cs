namespace GenAgent.Torch.Generation;

/// <summary>A request that the engine can never serve; the message says what it needs and what is available.</summary>
public sealed class RequestTooLongException : ArgumentException
{
    /// <summary>Creates the exception with a general message.</summary>
    public RequestTooLongException()
        : this("The request does not fit into the engine's cache.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public RequestTooLongException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public RequestTooLongException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
