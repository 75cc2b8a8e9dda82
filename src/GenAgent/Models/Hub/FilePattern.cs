using System.Text;
using System.Text.RegularExpressions;

namespace GenAgent.Models.Hub;

/// <summary>A pattern for files of a repository as the hub's own program reads it: <c>*</c> also goes over <c>/</c>, a folder means all in it.</summary>
internal sealed class FilePattern
{
    private readonly Regex _regex;

    public FilePattern(string pattern)
    {
        var text = pattern.EndsWith('/') ? pattern + "*" : pattern;
        var regex = new StringBuilder("^");
        for (var i = 0; i < text.Length; i++)
        {
            var close = text[i] == '[' ? text.IndexOf(']', Math.Min(i + 2, text.Length)) : -1;
            if (close > 0)
            {
                var set = text[(i + 1)..close];
                var negated = set.StartsWith('!');
                regex.Append(negated ? "[^" : "[")
                    .Append((negated ? set[1..] : set)
                        .Replace(@"\", @"\\", StringComparison.Ordinal)
                        .Replace("[", @"\[", StringComparison.Ordinal)
                        .Replace("^", @"\^", StringComparison.Ordinal))
                    .Append(']');
                i = close;
                continue;
            }

            regex.Append(text[i] switch { '*' => ".*", '?' => ".", var other => Regex.Escape(other.ToString()) });
        }

        try
        {
            _regex = new Regex(
                regex.Append('$').ToString(),
                RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant,
                Regex.InfiniteMatchTimeout);
        }
        catch (ArgumentException fault)
        {
            throw new ArgumentException($"\"{pattern}\" is no file pattern: {fault.Message}", nameof(pattern), fault);
        }
    }

    public bool Matches(string path) => _regex.IsMatch(path);
}
