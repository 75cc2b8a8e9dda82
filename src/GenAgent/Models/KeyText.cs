namespace GenAgent.Models;

/// <summary>Keys as files, shells and lists of variables leave them: with blanks and line ends around them, which are no part of a key.</summary>
internal static class KeyText
{
    /// <summary>The key; null for one that is empty.</summary>
    /// <param name="value">The value as it was set.</param>
    /// <param name="name">Where it was set; for the message, which does not repeat the key.</param>
    /// <exception cref="ArgumentException">It holds a line break or another control character, which no request can carry.</exception>
    public static string? Of(string? value, string name) =>
        value?.Trim() is not { Length: > 0 } key ? null
        : key.Any(char.IsControl)
            ? throw new ArgumentException($"{name} holds a line break or another control character in its middle: set it to the key alone.", nameof(value))
            : key;
}
