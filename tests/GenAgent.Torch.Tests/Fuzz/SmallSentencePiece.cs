using System.Text;

namespace GenAgent.Torch.Tests.Fuzz;

/// <summary>Writes a sentencepiece model of a few pieces, with no code of the reader's.</summary>
internal static class SmallSentencePiece
{
    public static byte[] Model()
    {
        using var file = new MemoryStream();
        var pieces = new (string Text, float Score, int Type)[]
        {
            ("<pad>", 0, 3), ("</s>", 0, 3), ("<unk>", 0, 2), ("▁", -2, 1), ("▁a", -1, 1), ("▁red", -1, 1), ("▁circle", -1, 1), ("e", -3, 1), ("n", -3, 1),
            ("d", -3, 1), (",", -1, 1),
        };
        foreach (var (text, score, type) in pieces)
        {
            Message(file, 1, [.. Bytes(1, Encoding.UTF8.GetBytes(text)), 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)type]);
        }

        Message(file, 2, [0x18, 1, 0xC0, 0x02, 2, 0xD0, 0x02, 1, 0xD8, 0x02, 0]);
        Message(file, 3, [.. Bytes(1, "nmt_nfkc"u8.ToArray()), .. Bytes(2, CharsMap()), 0x18, 1, 0x20, 1, 0x28, 1]);
        return file.ToArray();
    }

    // One key, a tab, which becomes a blank: root, the unit of the byte 0x09, its leaf.
    private static byte[] CharsMap()
    {
        var units = new uint[32];
        units[0] = 16u << 10;
        units[16 ^ 9] = 9 | 0x100 | (2u << 10);
        units[16 ^ 9 ^ 2] = 0x8000_0000;
        return [.. BitConverter.GetBytes(units.Length * 4), .. units.SelectMany(BitConverter.GetBytes), (byte)' ', 0];
    }

    private static void Message(MemoryStream file, int field, byte[] content) => file.Write(Bytes(field, content));

    private static byte[] Bytes(int field, byte[] content) =>
        content.Length < 128
            ? [(byte)((field << 3) | 2), (byte)content.Length, .. content]
            : [(byte)((field << 3) | 2), (byte)(content.Length | 0x80), (byte)(content.Length >> 7), .. content];
}
