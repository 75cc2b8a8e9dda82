using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GenAgent.Models;

/// <summary>The folder that a local model was loaded from. A chat client or image generator returns it as a service (<c>GetService</c>).</summary>
/// <param name="Folder">The full path of the folder.</param>
public sealed record ModelSource(string Folder)
{
    // Files up to this size are read completely, larger ones in sampled blocks, since further training changes all weights.
    private const long WholeFile = 64L << 20;
    private const int BlockLength = 1 << 20;
    private const int Blocks = 48;

    /// <summary>
    /// A digest of the folder's files, by name, length and content: it changes whenever the model is trained further or replaced. Files above 64 MB are
    /// sampled.
    /// </summary>
    /// <returns>64 hexadecimal digits.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BlockLength];
        Span<byte> length = stackalloc byte[sizeof(long)];
        var root = File.Exists(Folder) ? Path.GetDirectoryName(Path.GetFullPath(Folder))! : Folder;
        var files = File.Exists(Folder) ? [Folder] : Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories);
        var names = files.Select(p => Path.GetRelativePath(root, p).Replace('\\', '/'));
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            using var file = File.OpenRead(Path.Combine(root, name));
            BinaryPrimitives.WriteInt64LittleEndian(length, file.Length);
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(length);
            foreach (var start in Starts(file.Length))
            {
                file.Position = start;
                var block = buffer.AsSpan(0, (int)Math.Min(BlockLength, file.Length - start));
                file.ReadExactly(block);
                hash.AppendData(block);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<long> Starts(long length)
    {
        if (length <= WholeFile)
        {
            for (var start = 0L; start < length; start += BlockLength)
            {
                yield return start;
            }

            yield break;
        }

        for (var i = 0; i < Blocks; i++)
        {
            yield return (length - BlockLength) * i / (Blocks - 1);
        }
    }
}
