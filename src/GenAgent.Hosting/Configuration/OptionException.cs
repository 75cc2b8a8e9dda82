namespace GenAgent.Hosting.Configuration;

/// <summary>An option is wrong; the message names its path, where it was set, and what is allowed.</summary>
public sealed class OptionException(string message, Exception? innerException = null) : Exception(message, innerException);
