using static TorchSharp.torch;

namespace GenAgent.Torch.Packed;

/// <summary>
/// Extracts packed matrices from a file's bytes, with the blocks' factors separate from the codes, because torch cannot read interleaved data.
/// </summary>
internal static unsafe class PackedBytes
{
    /// <summary>Some rows of a matrix whose bytes are given.</summary>
    public static PackedWeight Read(PackedFormat format, ReadOnlySpan<byte> bytes, long columns, long firstRow, long rows)
    {
        fixed (byte* source = bytes) return Read(format, source, columns, firstRow, rows);
    }

    /// <summary>Some rows of a matrix.</summary>
    /// <param name="format">How it is kept.</param>
    /// <param name="source">Its first byte.</param>
    /// <param name="columns">Numbers of a row, a multiple of the format's block.</param>
    /// <param name="firstRow">The first row that is wanted.</param>
    /// <param name="rows">How many.</param>
    public static PackedWeight Read(PackedFormat format, byte* source, long columns, long firstRow, long rows)
    {
        var layout = PackedLayout.Of(format);
        var isByte = layout.Numbers == 1;
        var blocks = isByte ? 1 : columns / layout.Numbers;
        var (bytes, kept) = isByte ? (columns, columns) : (layout.Bytes, layout.Codes);
        source += firstRow * blocks * bytes;
        var codes = empty(rows, blocks, kept, dtype: ScalarType.Byte);
        var heads = layout.Heads == 0 ? null : empty(rows, blocks, layout.Heads, dtype: ScalarType.Float16);
        for (var row = 0L; row < rows; row++)
        {
            using var line = codes.select(0, row);
            using var headLine = heads?.select(0, row);
            var target = line.bytes;
            var headTarget = headLine is null ? default : headLine.bytes;
            for (var block = 0; block < blocks; block++)
            {
                var from = new ReadOnlySpan<byte>(source + (((row * blocks) + block) * bytes), (int)bytes);
                var head = 2 * layout.Heads;
                (layout.HeadsFirst ? from[head..] : from[..^head]).CopyTo(target[(int)(block * kept)..]);
                if (head > 0) (layout.HeadsFirst ? from[..head] : from[^head..]).CopyTo(headTarget[(block * head)..]);
            }
        }

        return new PackedWeight(format, codes, heads);
    }
}
