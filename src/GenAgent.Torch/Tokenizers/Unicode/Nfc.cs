using System.Text;

namespace GenAgent.Torch.Tokenizers.Unicode;

/// <summary>Unicode normal form C. In .NET's invariant globalisation mode, which this project builds in, <c>string.Normalize</c> does nothing.</summary>
/// <remarks>Source: Unicode Standard Annex 15.</remarks>
internal static class Nfc
{
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int SyllableCount = 19 * VowelCount * TailCount;

    /// <summary>The lowest character that composing or reordering can touch.</summary>
    private const char FirstTouched = '\u0300';

    /// <summary>Returns the text in normal form C; the same instance where it holds nothing that could change.</summary>
    public static string Normalize(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstTouched, char.MaxValue))
        {
            return text;
        }

        var codePoints = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, codePoints);
        }

        Reorder(codePoints);
        Compose(codePoints);
        var result = new StringBuilder(text.Length);
        foreach (var codePoint in codePoints)
        {
            result.Append(new Rune(codePoint).ToString());
        }

        return result.ToString();
    }

    private static void Decompose(int codePoint, List<int> output)
    {
        var syllable = codePoint - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            output.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            output.Add(VowelBase + (syllable / TailCount % VowelCount));
            if (syllable % TailCount != 0)
            {
                output.Add(TailBase + (syllable % TailCount));
            }
        }
        else if (NfcTable.Instance.TryDecompose(codePoint, out var parts))
        {
            foreach (var part in parts)
            {
                Decompose(part, output);
            }
        }
        else
        {
            output.Add(codePoint);
        }
    }

    private static void Reorder(List<int> codePoints)
    {
        for (var start = 0; start < codePoints.Count;)
        {
            if (NfcTable.Instance.ClassOf(codePoints[start]) == 0)
            {
                start++;
                continue;
            }

            var end = start;
            while (end < codePoints.Count && NfcTable.Instance.ClassOf(codePoints[end]) != 0)
            {
                end++;
            }

            // OrderBy is stable, as the standard asks.
            var ordered = codePoints.GetRange(start, end - start).OrderBy(NfcTable.Instance.ClassOf).ToList();
            for (var i = 0; i < ordered.Count; i++)
            {
                codePoints[start + i] = ordered[i];
            }

            start = end;
        }
    }

    private static void Compose(List<int> codePoints)
    {
        var starter = -1;
        var lastClass = -1;
        var write = 0;
        foreach (var codePoint in codePoints.ToArray())
        {
            var combining = NfcTable.Instance.ClassOf(codePoint);
            var blocked = lastClass != -1 && lastClass >= combining;
            if (starter >= 0 && !blocked && TryCompose(codePoints[starter], codePoint, out var composed))
            {
                codePoints[starter] = composed;
                continue;
            }

            if (combining == 0)
            {
                starter = write;
                lastClass = -1;
            }
            else
            {
                lastClass = combining;
            }

            codePoints[write++] = codePoint;
        }

        codePoints.RemoveRange(write, codePoints.Count - write);
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        if (first is >= LeadBase and < LeadBase + 19 && second is >= VowelBase and < VowelBase + VowelCount)
        {
            composed = SyllableBase + ((((first - LeadBase) * VowelCount) + (second - VowelBase)) * TailCount);
            return true;
        }

        if (first is >= SyllableBase and < SyllableBase + SyllableCount && (first - SyllableBase) % TailCount == 0
            && second is > TailBase and < TailBase + TailCount)
        {
            composed = first + (second - TailBase);
            return true;
        }

        return NfcTable.Instance.TryCompose(first, second, out composed);
    }
}
