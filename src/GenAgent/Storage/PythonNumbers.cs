using System.Text.RegularExpressions;

namespace GenAgent.Storage;

/// <summary>JSON as Python writes it.</summary>
internal static partial class PythonNumbers
{
    /// <summary>The JSON with null for NaN and Infinity, which are not JSON; inside strings they are kept.</summary>
    public static string WithoutNaN(string json) =>
        json.Contains("NaN", StringComparison.Ordinal) || json.Contains("Infinity", StringComparison.Ordinal)
            ? TextOrNumber().Replace(json, match => match.Value[0] == '"' ? match.Value : "null")
            : json;

    [GeneratedRegex(@"""(\\.|[^""\\])*""|-?(NaN|Infinity)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex TextOrNumber();
}
