namespace GenAgent.Models.Http;

/// <summary>A connection was refused by ourselves, before it was made: the address must not be called.</summary>
internal sealed class ForbiddenAddressException(string message) : Exception(message);
