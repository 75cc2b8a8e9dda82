using System.Globalization;

namespace GenAgent.Torch.Tokenizers.Unicode;

/// <summary>Combining classes, decompositions and compositions, read once from the embedded <c>nfc.txt</c>.</summary>
internal sealed class NfcTable
{
    private static readonly Lazy<NfcTable> Shared = new(Load);

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int[]> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];

    public static NfcTable Instance => Shared.Value;

    /// <summary>The rank of the character's combining class; 0 for a starter.</summary>
    public byte ClassOf(int codePoint) => _classes.GetValueOrDefault(codePoint);

    public bool TryDecompose(int codePoint, out int[] parts) => _decompositions.TryGetValue(codePoint, out parts!);

    public bool TryCompose(int first, int second, out int composed) => _compositions.TryGetValue((first, second), out composed);

    private static NfcTable Load()
    {
        using var stream = typeof(NfcTable).Assembly.GetManifestResourceStream("nfc.txt")
            ?? throw new InvalidOperationException("The assembly lacks its resource nfc.txt.");
        using var reader = new StreamReader(stream);
        var table = new NfcTable();
        while (reader.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            switch (words)
            {
                case ["#", ..]:
                    break;
                case ["class", var rank, .. var ranges]:
                    table.AddClass(byte.Parse(rank, CultureInfo.InvariantCulture), ranges);
                    break;
                case [var whole, var kind, .. var parts]:
                    var codePoints = Array.ConvertAll(parts, Hex);
                    table._decompositions.Add(Hex(whole), codePoints);
                    if (string.Equals(kind, "=", StringComparison.Ordinal))
                    {
                        table._compositions.Add((codePoints[0], codePoints[1]), Hex(whole));
                    }

                    break;
            }
        }

        return table;
    }

    private void AddClass(byte rank, string[] ranges)
    {
        foreach (var range in ranges)
        {
            var ends = range.Split('-');
            for (var codePoint = Hex(ends[0]); codePoint <= Hex(ends[^1]); codePoint++)
            {
                _classes.Add(codePoint, rank);
            }
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
