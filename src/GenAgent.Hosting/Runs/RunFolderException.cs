namespace GenAgent.Hosting.Runs;

/// <summary>A run folder cannot be used; another folder can.</summary>
/// <param name="message">Why.</param>
/// <param name="innerException">The cause.</param>
public sealed class RunFolderException(string message, Exception? innerException = null) : IOException(message, innerException);
