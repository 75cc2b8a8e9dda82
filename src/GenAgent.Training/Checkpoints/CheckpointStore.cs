using System.Globalization;
using System.Security.Cryptography;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Training.Checkpoints;

/// <summary>
/// A folder of a run's checkpoints, each one safetensors file. A checkpoint is complete or absent even if the process or the machine crashes: it is written
/// to a temporary file, flushed and renamed, and the folder is flushed. One writer at a time.
/// </summary>
public sealed class CheckpointStore
{
    private const string DigestKey = "sha256";
    private const string StepKey = "step";
    private readonly string _folder;
    private readonly int _keep;

    /// <summary>Opens the folder or creates it; removes partial files of a killed process.</summary>
    /// <param name="folder">Where the checkpoints are.</param>
    /// <param name="keep">How many of the newest are kept, 1 or more.</param>
    public CheckpointStore(string folder, int keep = 3)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        (_folder, _keep) = (folder, keep);
        Directory.CreateDirectory(folder);
        foreach (var aside in Directory.EnumerateFiles(folder, ".step-*.tmp")) File.Delete(aside);
    }

    /// <summary>Steps of the checkpoints in the folder, newest first; they are checked only when opened.</summary>
    public IReadOnlyList<long> Steps =>
    [
        .. Directory.EnumerateFiles(_folder, "step-*.safetensors")
            .Select(
                path => long.TryParse(Path.GetFileNameWithoutExtension(path).AsSpan("step-".Length), CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0)
            .OrderDescending(),
    ];

    /// <summary>Writes a checkpoint, then removes the oldest ones beyond the number to keep.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <exception cref="IOException">It could not be written; the earlier ones are untouched.</exception>
    public void Save(long step, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var header = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [StepKey] = step.ToString(CultureInfo.InvariantCulture),
            [DigestKey] = Digest(tensors.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => t.Value)),
        };
        SafetensorsWriter.Write(PathOf(step), tensors, header);
        DirectoryFlush.Flush(_folder);
        foreach (var old in Steps.Skip(_keep)) File.Delete(PathOf(old));
    }

    /// <summary>Opens the newest intact checkpoint; null if there is none.</summary>
    /// <param name="damaged">Receives each newer checkpoint that was skipped, with the reason.</param>
    /// <returns>The checkpoint, or null; the caller disposes it.</returns>
    public Checkpoint? OpenLatest(Action<string>? damaged = null)
    {
        foreach (var step in Steps)
        {
            try
            {
                return Open(step);
            }
            catch (Exception fault) when (fault is SafetensorsException or InvalidDataException or IOException)
            {
                damaged?.Invoke($"{PathOf(step)}: passed over ({fault.Message})");
            }
        }

        return null;
    }

    private Checkpoint Open(long step)
    {
        var file = SafetensorsFile.Open(PathOf(step));
        try
        {
            using var scope = NewDisposeScope();
            var digest = Digest(file.Entries.Keys.Order(StringComparer.Ordinal).Select(name => file.Read(name)));
            if (!file.Metadata.TryGetValue(DigestKey, out var expected) || !string.Equals(digest, expected, StringComparison.Ordinal))
                throw new InvalidDataException("its content is not what was written");
            return new Checkpoint(file, step);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private string PathOf(long step) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"step-{step:D9}.safetensors"));

    private static string Digest(IEnumerable<Tensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in tensors)
        {
            using var local = tensor.detach().cpu().contiguous();
            hash.AppendData(local.bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
