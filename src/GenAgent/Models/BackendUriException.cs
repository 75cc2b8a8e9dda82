namespace GenAgent.Models;

/// <summary>A backend's URI is invalid or unknown. The message lists the known ones.</summary>
public sealed class BackendUriException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public BackendUriException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
