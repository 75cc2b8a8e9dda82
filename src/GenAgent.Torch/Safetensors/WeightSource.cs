using System.Text.RegularExpressions;
using GenAgent.Torch.Gguf;

namespace GenAgent.Torch.Safetensors;

/// <summary>Opens a checkpoint by path, whatever its layout on disk.</summary>
public static partial class WeightSource
{
    private const string IndexEnding = ".safetensors.index.json";
    private const string FileEnding = ".safetensors";

    // If a folder has several files (fp16 variants, adapters), the name that the hub's libraries load by default is used.
    private static readonly string[] UsualNames = ["model", "diffusion_pytorch_model", "adapter_model", "pytorch_lora_weights"];

    /// <summary>Opens a file, an index, or a folder that holds one of them.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The weights; the caller disposes them.</returns>
    /// <exception cref="SafetensorsException">The folder holds no checkpoint or several, or a file breaks the format.</exception>
    /// <exception cref="IOException">There is no such path, or it cannot be read.</exception>
    public static IWeightSource Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            path = Choose(path);
        }
        else if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file or folder.", path);
        }

        return ScaledWeights.Over(
            path.EndsWith(IndexEnding, StringComparison.OrdinalIgnoreCase) ? SafetensorsShards.Open(path)
            : path.EndsWith(GgufFile.Ending, StringComparison.OrdinalIgnoreCase) ? GgufFile.Open(path)
            : SafetensorsFile.Open(path));
    }

    private static string Choose(string folder)
    {
        foreach (var name in UsualNames)
        {
            foreach (var ending in new[] { FileEnding, IndexEnding })
            {
                var usual = Path.Combine(folder, name + ending);
                if (File.Exists(usual))
                {
                    return usual;
                }
            }
        }

        var indices = Directory.GetFiles(folder, "*" + IndexEnding);
        var files = indices.Length > 0 ? indices : Directory.GetFiles(folder, "*" + FileEnding);
        var candidates = files.Length > 0 ? files : Directory.GetFiles(folder, "*" + GgufFile.Ending);
        return candidates switch
        {
            [var only] => only,
            [] => throw new SafetensorsException($"{folder}: the folder holds no *{FileEnding} and no *{GgufFile.Ending} file."),
            _ when candidates.FirstOrDefault(file => ShardName().IsMatch(file)) is { } shard =>
                throw new SafetensorsException(
                    $"{folder}: {Path.GetFileName(shard)} is one of several parts, and their index is missing: "
                        + $"put {Path.GetFileName(ShardName().Replace(shard, string.Empty))}{IndexEnding} beside them."),
            _ =>
                throw new SafetensorsException(
                    $"{folder}: which of {string.Join(", ", candidates.Select(Path.GetFileName).Order(StringComparer.Ordinal))}? Name the file."),
        };
    }

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.safetensors$", RegexOptions.IgnoreCase, Timeout.Infinite)]
    private static partial Regex ShardName();
}
