namespace GenAgent.Models;

/// <summary>A backend's name cannot be read, or names nothing that is known. The message says what is known.</summary>
public sealed class BackendUriException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public BackendUriException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
