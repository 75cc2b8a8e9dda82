namespace GenAgent.Validation;

/// <summary>Finds what somebody most likely meant by a word that is not known. Pure.</summary>
public static class Spelling
{
    /// <summary>
    /// The known word that is closest to a mistyped one; null when none is close: at most one slip in three letters, where an exchange of neighbours is one
    /// slip.
    /// </summary>
    /// <param name="word">The word that is not known.</param>
    /// <param name="known">The words that are.</param>
    /// <returns>The word, or null.</returns>
    public static string? Closest(string word, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(known);
        return known.Select(one => (Word: one, Slips: Slips(word, one)))
            .Where(one => one.Slips <= Math.Max(1, Math.Min(word.Length, one.Word.Length) / 3))
            .OrderBy(one => one.Slips).ThenBy(one => one.Word, StringComparer.Ordinal)
            .Select(one => one.Word).FirstOrDefault();
    }

    /// <summary>A sentence that names the closest known word, as <c> Did you mean "openai"?</c> with a space before it; empty when none is close.</summary>
    /// <param name="word">The mistyped word.</param>
    /// <param name="known">The words that there are.</param>
    /// <returns>The sentence, or an empty text.</returns>
    public static string Hint(string word, IEnumerable<string> known) => Closest(word, known) is { } closest ? $" Did you mean \"{closest}\"?" : string.Empty;

    // Optimal string alignment: insertions, deletions, replacements, and exchanges of two neighbours.
    private static int Slips(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(
                        Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1,
                        rows[i - 1, j - 1] + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[left.Length, right.Length];
    }
}
