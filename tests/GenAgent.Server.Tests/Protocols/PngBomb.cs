using System.Buffers.Binary;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>A PNG of a few bytes that declares many pixels.</summary>
internal static class PngBomb
{
    public static byte[] Of(int width, int height)
    {
        var bytes = new byte[8 + 25];
        byte[] head = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R'];
        head.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), height);
        (bytes[24], bytes[25]) = (8, 6);
        return bytes;
    }
}
