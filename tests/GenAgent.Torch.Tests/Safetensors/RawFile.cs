using System.Buffers.Binary;
using System.Text;

namespace GenAgent.Torch.Tests.Safetensors;

/// <summary>Makes safetensors files byte by byte, valid or not.</summary>
internal static class RawFile
{
    public static byte[] Bytes(byte[] header, byte[] data, ulong? headerLength = null)
    {
        var file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, headerLength ?? (ulong)header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }

    public static byte[] Bytes(string header, params byte[] data) => Bytes(Encoding.UTF8.GetBytes(header), data);
}
