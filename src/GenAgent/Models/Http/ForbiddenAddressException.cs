namespace GenAgent.Models.Http;

/// <summary>GenAgent refused to connect, because the address is not allowed.</summary>
/// <param name="message">Which address, and why.</param>
public sealed class ForbiddenAddressException(string message) : Exception(message);
