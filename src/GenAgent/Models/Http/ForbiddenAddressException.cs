namespace GenAgent.Models.Http;

/// <summary>GenAgent refused to connect, because the address is not allowed.</summary>
internal sealed class ForbiddenAddressException(string message) : Exception(message);
