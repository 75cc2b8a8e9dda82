using System.Buffers.Binary;

namespace GenAgent.Torch.Imaging;

/// <summary>What the chunks before a PNG's pixels say about depth, colour and transparency.</summary>
/// <param name="Width">Pixels from left to right.</param>
/// <param name="Height">Pixels from top to bottom.</param>
/// <param name="BitDepth">Bits a sample.</param>
/// <param name="ColorType">0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.</param>
/// <param name="Transparency">The content of the tRNS chunk, or null.</param>
internal sealed record PngHeader(int Width, int Height, int BitDepth, int ColorType, byte[]? Transparency)
{
    private const int ChunkOverhead = 12;

    /// <summary>The best that deflate can do: 1,032 bytes out of one.</summary>
    private const long MaxDeflateRatio = 1032;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>One grey channel of 16 bits, which Pillow calls <c>I;16</c>.</summary>
    public bool IsGrey16 => ColorType == 0 && BitDepth == 16;

    /// <summary>
    /// One colour means "transparent": a grey or RGB key, or a palette with a single fully transparent entry, all others opaque.
    /// Pillow carries such a key through a conversion to RGB, while it drops an alpha channel.
    /// </summary>
    public bool HasColorKey => Transparency is { Length: > 0 } alphas
        && (ColorType is 0 or 2 || (ColorType == 3 && alphas.Count(alpha => alpha == 0) == 1 && alphas.All(alpha => alpha is 0 or 255)));

    private int Channels => ColorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Bytes of the unpacked scan lines.</summary>
    private long UnpackedBytes => Height * (1L + ((((long)Width * Channels * BitDepth) + 7) / 8));

    /// <summary>Whether a file of that many bytes can hold this many pixels.</summary>
    public bool FitsInto(long fileBytes) => UnpackedBytes <= (fileBytes * MaxDeflateRatio) + 1;

    /// <summary>The header, or null when the bytes are no PNG or end within it.</summary>
    public static PngHeader? TryRead(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature) || file.Length < Signature.Length + ChunkOverhead + 13)
        {
            return null;
        }

        var header = file[(Signature.Length + 8)..];
        var read = new PngHeader(
            BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header[4..]), header[8], header[9], null);

        var chunks = file[Signature.Length..];
        while (chunks.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(chunks);
            var type = chunks.Slice(4, 4);
            if (length > chunks.Length - ChunkOverhead || type.SequenceEqual("IDAT"u8))
            {
                break;
            }

            if (type.SequenceEqual("tRNS"u8))
            {
                return read with { Transparency = chunks.Slice(8, (int)length).ToArray() };
            }

            chunks = chunks[(ChunkOverhead + (int)length)..];
        }

        return read;
    }
}
