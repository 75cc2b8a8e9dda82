using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Generation.Images;

/// <summary>An image's content as a key: equal for equal patches and grids.</summary>
internal sealed class ImageDigest : IEquatable<ImageDigest>
{
    private static readonly ConditionalWeakTable<ImagePatches, ImageDigest> Known = [];

    private readonly ulong[] _words;

    private ImageDigest(ulong[] words) => _words = words;

    /// <summary>The digest; computed once for each object.</summary>
    public static ImageDigest Of(ImagePatches image) => Known.GetValue(image, Compute);

    /// <summary>A key for one feature of the image, never equal to a token id.</summary>
    public long FeatureKey(int feature) => (long)((_words[0] + ((ulong)feature * 0x9E3779B97F4A7C15)) | (1UL << 63));

    public bool Equals(ImageDigest? other) => other is not null && other._words.AsSpan().SequenceEqual(_words);

    public override bool Equals(object? obj) => Equals(obj as ImageDigest);

    public override int GetHashCode() => _words[1].GetHashCode();

    private static ImageDigest Compute(ImagePatches image)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>([image.Grid.Frames, image.Grid.Rows, image.Grid.Columns]));
        hash.AppendData(MemoryMarshal.AsBytes(image.Values.AsSpan()));
        return new ImageDigest(MemoryMarshal.Cast<byte, ulong>(hash.GetHashAndReset()).ToArray());
    }
}
