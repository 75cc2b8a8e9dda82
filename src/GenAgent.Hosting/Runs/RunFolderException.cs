namespace GenAgent.Hosting.Runs;

/// <summary>A run folder cannot be used; another folder can.</summary>
public sealed class RunFolderException(string message, Exception? innerException = null) : IOException(message, innerException);
