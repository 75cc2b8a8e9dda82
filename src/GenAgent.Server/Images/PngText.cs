using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace GenAgent.Server.Images;

/// <summary>Text chunks of PNG files, as AUTOMATIC1111's users know them.</summary>
internal static class PngText
{
    private const int SignatureBytes = 8;
    private const int HeaderChunkBytes = 25;

    /// <summary>The file with a text chunk behind its header.</summary>
    /// <param name="png">A PNG file.</param>
    /// <param name="keyword">The chunk's keyword, Latin letters.</param>
    /// <param name="text">The text, any Unicode.</param>
    public static byte[] With(ReadOnlySpan<byte> png, string keyword, string text)
    {
        // iTXt: keyword, no compression, no language, no translated keyword, text in UTF-8.
        byte[] data = [.. Encoding.ASCII.GetBytes("iTXt"), .. Encoding.ASCII.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];
        var chunk = new byte[data.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length - 4);
        data.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 4), Crc32.HashToUInt32(data));
        const int Place = SignatureBytes + HeaderChunkBytes;
        return [.. png[..Place], .. chunk, .. png[Place..]];
    }
}
