namespace GenAgent.Evaluation.Reports;

/// <summary>How far two prompts are apart.</summary>
public static class WordDistance
{
    /// <summary>The paper counts a follow-up prompt that changes this many words or fewer as no new idea.</summary>
    public const int SmallEdit = 5;

    /// <summary>How many words must be put in, taken out or replaced, case aside: the paper's measure of follow-up prompts.</summary>
    /// <param name="first">A text.</param>
    /// <param name="second">Another text.</param>
    /// <returns>0 or more; 0 for the same words.</returns>
    public static int Of(string first, string second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (a, b) = (Words(first), Words(second));
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (string.Equals(a[i - 1], b[j - 1], StringComparison.OrdinalIgnoreCase) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
