using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace GenAgent.Seeds;

/// <summary>
/// A node in the tree of seeds: one root seed, and a path of named steps such as <c>trajectory 3 / round 2 / image 0</c>.
/// The value depends only on the root and the path, on every machine and in every version, not on concurrency or batching.
/// </summary>
/// <remarks>The value is the first eight bytes, little-endian, of SHA-256 over the decimal root and the path, joined by <c>/</c>.</remarks>
public sealed class SeedPath
{
    private SeedPath(ulong root, string path) => (Root, Path) = (root, path);

    /// <summary>The seed that the whole tree grows from.</summary>
    public ulong Root { get; }

    /// <summary>The steps from the root, as <c>/trajectory:3/round:2</c>; empty at the root.</summary>
    public string Path { get; }

    /// <summary>The derived seed: 64 uniformly distributed bits. Computed on demand, because most nodes are only intermediate.</summary>
    public ulong Value => Digest(ToString());

    /// <summary>The derived seed in [0, 2^32), the range that every image backend accepts.</summary>
    public uint ImageSeed => (uint)Value;

    /// <summary>The tree's root.</summary>
    /// <param name="root">The seed that a user gives.</param>
    /// <returns>The root.</returns>
    public static SeedPath FromRoot(ulong root) => new(root, string.Empty);

    /// <summary>The child node one step below.</summary>
    /// <param name="name">What is seeded, for instance <c>round</c>; no <c>/</c> and no <c>:</c>.</param>
    /// <param name="index">Which one, from 0.</param>
    /// <returns>The child; the same name and index give the same one.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or holds a separator.</exception>
    public SeedPath Child(string name, long index = 0)
    {
        if (string.IsNullOrEmpty(name) || name.AsSpan().IndexOfAny('/', ':') >= 0)
        {
            throw new ArgumentException($"A seed's step needs a name without '/' and ':', but got \"{name}\".", nameof(name));
        }

        return new SeedPath(Root, string.Create(CultureInfo.InvariantCulture, $"{Path}/{name}:{index}"));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Root}{Path}");

    private static ulong Digest(string text)
    {
        const int Short = 256;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var length = Encoding.UTF8.GetByteCount(text);
        var bytes = length <= Short ? stackalloc byte[Short] : new byte[length];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text, bytes)], digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }
}
