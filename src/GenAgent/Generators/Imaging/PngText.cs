using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenAgent.Generators.Imaging;

/// <summary>The texts that image programs leave in a PNG: A1111 and sd-server write down there how the image was made.</summary>
internal static partial class PngText
{
    private const int HeaderSize = 8;
    private const int ChunkOverhead = 12;

    /// <summary>The seed in the <c>parameters</c> text, or null where there is none.</summary>
    public static long? Seed(ReadOnlySpan<byte> png) => Read(png, "parameters") is { } text ? SeedIn(text) : null;

    /// <summary>The seed in a text of the form <c>prompt / Negative prompt: ... / Steps: 20, ..., Seed: 7, ...</c>, or null.</summary>
    public static long? SeedIn(string parameters)
    {
        // The prompt comes first and may contain the word too: the last line that starts with Steps is the program's own.
        var start = parameters.LastIndexOf("\nSteps: ", StringComparison.Ordinal);
        var match = SeedField().Match(parameters, Math.Max(start, 0));
        return match.Success && long.TryParse(match.Groups["seed"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;
    }

    /// <summary>The tEXt chunk of that keyword, or null; broken bytes give null.</summary>
    public static string? Read(ReadOnlySpan<byte> png, string keyword)
    {
        if (!png.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
        {
            return null;
        }

        var at = HeaderSize;
        while (at + ChunkOverhead <= png.Length)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            var type = png.Slice(at + 4, 4);
            if (length > png.Length - at - ChunkOverhead || type.SequenceEqual("IDAT"u8))
            {
                return null;
            }

            var body = png.Slice(at + 8, (int)length);
            var end = body.IndexOf((byte)0);
            if (type.SequenceEqual("tEXt"u8) && end > 0 && string.Equals(Encoding.Latin1.GetString(body[..end]), keyword, StringComparison.Ordinal))
            {
                return Encoding.Latin1.GetString(body[(end + 1)..]);
            }

            at += ChunkOverhead + (int)length;
        }

        return null;
    }

    [GeneratedRegex(@"[\n,]\s*Seed: (?<seed>\d{1,19})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SeedField();
}
