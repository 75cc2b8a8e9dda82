using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>Copies a model's folder with its weights in another number format, for instance to ship a model trained in float32.</summary>
public static class ModelFolderCopy
{
    private static readonly Dictionary<string, ScalarType> Formats = new(StringComparer.Ordinal)
    {
        ["float32"] = ScalarType.Float32, ["float16"] = ScalarType.Float16, ["bfloat16"] = ScalarType.BFloat16,
    };

    /// <summary>Copies the folder; each file is written to a temporary name and renamed. Integer tensors keep their type.</summary>
    /// <param name="from">A folder with safetensors files and configs, at any depth.</param>
    /// <param name="to">The new folder, not within the old one.</param>
    /// <param name="dtype"><c>float32</c>, <c>float16</c> or <c>bfloat16</c>.</param>
    /// <returns>The number of files and their bytes in the new folder.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder, or no safetensors file in it.</exception>
    /// <exception cref="ArgumentException">The format is unknown, or the folders lie within each other.</exception>
    /// <exception cref="InvalidDataException">A safetensors file is broken, or a weight is beyond what the format can hold.</exception>
    public static (int Files, long Bytes) Copy(string from, string to, string dtype)
    {
        if (!Formats.TryGetValue(dtype, out var format))
        {
            throw new ArgumentException($"\"{dtype}\" is no number format; use {string.Join(", ", Formats.Keys)}.", nameof(dtype));
        }
        var (source, target) = (Path.GetFullPath(from), Path.GetFullPath(to));
        if (Path.GetRelativePath(source, target) is var relative
            && (relative is "." || !(relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative))))
            throw new ArgumentException($"{to} lies within {from}; name a folder outside of it.", nameof(to));
        string[] files = Directory.Exists(source) ? [.. Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        if (!files.Any(IsWeights)) throw new DirectoryNotFoundException($"{from} holds no .safetensors file: name the folder of a model.");
        var bytes = 0L;
        foreach (var file in files)
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            if (IsWeights(file)) CopyWeights(file, copy, format);
            else File.Copy(file, copy, overwrite: true);
            bytes += new FileInfo(copy).Length;
        }

        return (files.Length, bytes);
    }

    private static bool IsWeights(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal);

    private static void CopyWeights(string from, string to, ScalarType format)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(from);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var name in file.Entries.Keys)
        {
            var tensor = file.Read(name);
            tensors[name] = tensor.is_floating_point() ? Cast(tensor, format, $"{from}: \"{name}\"") : tensor;
        }

        SafetensorsWriter.Write(to, tensors, file.Metadata);
    }

    private static Tensor Cast(Tensor tensor, ScalarType format, string what)
    {
        var cast = tensor.to_type(format);
        return cast.isfinite().all().item<bool>() || !tensor.isfinite().all().item<bool>()
            ? cast
            : throw new InvalidDataException($"{what} holds values beyond what {format} can hold; copy it as bfloat16.");
    }
}
