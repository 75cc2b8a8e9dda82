using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// The exact question of an official script whose licence does not let us ship it, read from the user's own copy: a text with <c>{prompt}</c> and
/// <c>{explanation}</c>, or the Python file itself, from which the longest triple-quoted f-string that names the prompt is taken. Immutable.
/// </summary>
internal sealed partial class OfficialQuestion
{
    private readonly string _template;

    private OfficialQuestion(string template, string? system)
    {
        (_template, System) = (template, system);
        Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{system}\0{template}")))[..12];
    }

    /// <summary>The system turn; null for none.</summary>
    public string? System { get; }

    /// <summary>The first digits of the question's SHA-256.</summary>
    public string Digest { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It holds no such question; says what is missing.</exception>
    public static OfficialQuestion Read(string path)
    {
        var text = TextFile.Read(path);
        if (!path.EndsWith(".py", StringComparison.OrdinalIgnoreCase))
            return new(Checked(text, path), system: null);
        var template = Literals().Matches(text).Select(m => m.Groups["text"].Value).Where(t => Prompt().IsMatch(t)).MaxBy(t => t.Length)
            ?? throw new InvalidDataException(
                $"{path}: no triple-quoted string with a placeholder for the prompt; name a text with {{prompt}} and {{explanation}} instead.");
        template = Explanation().Replace(Prompt().Replace(template, "{prompt}"), "{explanation}").Replace("{{", "{", StringComparison.Ordinal)
            .Replace("}}", "}", StringComparison.Ordinal);
        return new(Checked(template, path), SystemTurn().Match(text) is { Success: true } system ? system.Groups["text"].Value : null);
    }

    /// <summary>The question about one prompt.</summary>
    public string Fill(string prompt, string explanation) =>
        _template.Replace("{prompt}", prompt, StringComparison.Ordinal).Replace("{explanation}", explanation, StringComparison.Ordinal);

    private static string Checked(string template, string path) => template.Contains("{prompt}", StringComparison.Ordinal)
        ? template
        : throw new InvalidDataException($"{path}: the question has no {{prompt}}.");

    [GeneratedRegex("f?\"\"\"(?<text>.*?)\"\"\"", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Literals();

    [GeneratedRegex("\\{[^{}]*[Pp]rompt(['\"]\\])?\\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Prompt();

    [GeneratedRegex("\\{[^{}]*[Ee]xplanation(['\"]\\])?\\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Explanation();

    [GeneratedRegex("\"role\"\\s*:\\s*\"system\".*?\"text\"\\s*:\\s*\"(?<text>[^\"]*)\"",
        RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex SystemTurn();
}
