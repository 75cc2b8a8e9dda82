using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenAgent.Torch.Imaging;

namespace GenAgent.EngineStubs.Vllm;

/// <summary>
/// The prepared images that a vLLM remembers by hash. What render hands out for an image is opaque to clients (vLLM's is msgpack): here the grid and the
/// values, in base64.
/// </summary>
internal sealed class VllmImages
{
    private readonly ConcurrentDictionary<string, ImagePatches> _known = new(StringComparer.Ordinal);

    public void Clear() => _known.Clear();

    /// <summary>The image: of what was sent, else of what is remembered.</summary>
    /// <exception cref="MissingImageException">Nothing was sent, and nothing is remembered.</exception>
    public ImagePatches Take(string hash, string? data) => data is not null ? _known[hash] = Decode(data)
        : _known.TryGetValue(hash, out var known) ? known : throw new MissingImageException(hash);

    public static string HashOf(ImagePatches image) => Convert.ToHexStringLower(SHA256.HashData(Bytes(image)));

    public static string Encode(ImagePatches image) => Convert.ToBase64String(Bytes(image));

    private static ImagePatches Decode(string data)
    {
        var bytes = Convert.FromBase64String(data);
        var grid = MemoryMarshal.Cast<byte, int>(bytes.AsSpan(0, 3 * sizeof(int)));
        return new ImagePatches(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(3 * sizeof(int))).ToArray(), new ImageGrid(grid[0], grid[1], grid[2]));
    }

    private static byte[] Bytes(ImagePatches image)
    {
        int[] grid = [image.Grid.Frames, image.Grid.Rows, image.Grid.Columns];
        return [.. MemoryMarshal.AsBytes(grid.AsSpan()), .. MemoryMarshal.AsBytes(image.Values.AsSpan())];
    }
}

/// <summary>An error inside the engine, which tells nothing to the outside.</summary>
internal sealed class EngineErrorException : Exception;

/// <summary>An image was named by its hash, and is not remembered.</summary>
internal sealed class MissingImageException(string hash) : Exception(hash);
