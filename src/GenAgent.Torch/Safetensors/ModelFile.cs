using GenAgent.Storage;

namespace GenAgent.Torch.Safetensors;

/// <summary>Reads the small files of a model's folder and detects git-lfs pointers.</summary>
internal static class ModelFile
{
    // Pointers are about 130 bytes; no model file begins like one.
    private static ReadOnlySpan<byte> PointerStart => "version https://git-lfs.github.com/spec/"u8;

    /// <summary>A JSON file's bytes, without a byte order mark.</summary>
    /// <exception cref="InvalidDataException">It is a git-lfs pointer.</exception>
    public static ReadOnlyMemory<byte> ReadJson(string path) => JsonRecords.WithoutMark(Read(path));

    /// <summary>A file's bytes.</summary>
    /// <exception cref="InvalidDataException">It is a git-lfs pointer.</exception>
    public static byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return IsPointer(bytes) ? throw new InvalidDataException($"{path}: {PointerFault}") : bytes;
    }

    /// <summary>What is wrong with a file that is a git-lfs pointer.</summary>
    public const string PointerFault = "this is a git-lfs pointer, not the file itself: fetch the file (git lfs pull, or genagent models pull).";

    /// <summary>Whether a file's beginning is that of a git-lfs pointer.</summary>
    public static bool IsPointer(ReadOnlySpan<byte> start) => start.StartsWith(PointerStart);
}
