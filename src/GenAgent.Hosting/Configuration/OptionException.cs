namespace GenAgent.Hosting.Configuration;

/// <summary>An option is wrong; the message names its path, where it was set, and what is allowed.</summary>
/// <param name="message">What is wrong, where it was set, and what is allowed.</param>
/// <param name="innerException">The cause; null for none.</param>
public sealed class OptionException(string message, Exception? innerException = null) : Exception(message, innerException);
