using System.Buffers;

namespace GenAgent.Trajectories;

/// <summary>Reads a file of lines that may grow meanwhile, one line at a time.</summary>
internal static class LineReader
{
    /// <summary>The lines, without their ends; empty ones too. Of the last, whether its end is there.</summary>
    /// <param name="file">The file, from where it stands.</param>
    public static IEnumerable<(byte[] Line, bool Ended)> Read(Stream file)
    {
        var block = new byte[1 << 16];
        var line = new ArrayBufferWriter<byte>();
        while (file.Read(block) is > 0 and var count)
        {
            var start = 0;
            for (var end = Array.IndexOf(block, (byte)'\n', 0, count); end >= 0; end = Array.IndexOf(block, (byte)'\n', start, count - start))
            {
                line.Write(block.AsSpan(start, end - start));
                yield return (line.WrittenSpan.ToArray(), true);
                line.ResetWrittenCount();
                start = end + 1;
            }

            line.Write(block.AsSpan(start, count - start));
        }

        if (line.WrittenCount > 0) yield return (line.WrittenSpan.ToArray(), false);
    }
}
