using System.Text;

namespace GenAgent.Torch.Tokenizers.Unicode;

/// <summary>Makes .NET text, which may hold halves of characters, into text that UTF-8 can hold.</summary>
internal static class WellFormed
{
    /// <summary>Replaces each lone surrogate by U+FFFD; returns the same instance where there is none.</summary>
    public static string Repair(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        var repaired = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            repaired.Append(rune.ToString());
        }

        return repaired.ToString();
    }
}
