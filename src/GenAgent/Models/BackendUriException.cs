namespace GenAgent.Models;

/// <summary>A backend's URI is invalid or unknown. The message lists the known ones.</summary>
public sealed class BackendUriException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public BackendUriException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
