using System.Text.Json;
using System.Text.RegularExpressions;

namespace GenAgent.Validation;

/// <summary>Says what is wrong with JSON and where, as people count lines and columns: from 1.</summary>
public static partial class JsonErrors
{
    /// <summary>A sentence about text that is no JSON, with its place.</summary>
    /// <param name="broken">What reading threw.</param>
    /// <returns>The sentence.</returns>
    public static string Describe(JsonException broken)
    {
        ArgumentNullException.ThrowIfNull(broken);
        return broken.LineNumber is { } line
            ? FormattableString.Invariant($"line {line + 1}, column {broken.BytePositionInLine + 1}: {WithoutPlace(broken)}")
            : WithoutPlace(broken);
    }

    /// <summary>The message without a place, for JSON that was changed after it was read: its lines are not those of the file.</summary>
    /// <param name="broken">What reading threw.</param>
    /// <returns>The message.</returns>
    public static string WithoutPlace(JsonException broken)
    {
        ArgumentNullException.ThrowIfNull(broken);
        return Place().Replace(broken.Message, string.Empty).Trim();
    }

    [GeneratedRegex(
        @"\s*(Path: [^|]*\|\s*)?LineNumber: \d+ \| BytePositionInLine: \d+\.?",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
