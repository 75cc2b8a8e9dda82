using System.Globalization;
using GenAgent.Storage;
using GenAgent.Training.Checkpoints;

namespace GenAgent.Training.Grpo.Engines;

/// <summary>
/// A folder of weights that engines read, one folder per version. A version's folder is whole or absent even after a crash: it is written aside and renamed.
/// One writer at a time.
/// </summary>
/// <param name="folder">The folder; created at the first version.</param>
internal sealed class WeightsFolder(string folder)
{
    private const string Prefix = "step-";
    private readonly string _folder = Path.GetFullPath(folder);

    /// <summary>Writes a version, in the place of one that a killed run may have left, and returns its folder.</summary>
    /// <param name="version">The version.</param>
    /// <param name="write">Writes the files into the folder that it is given.</param>
    /// <exception cref="IOException">It cannot be written; older versions are untouched.</exception>
    public string Write(long version, Action<string> write)
    {
        Directory.CreateDirectory(_folder);
        foreach (var left in Directory.EnumerateDirectories(_folder, $".{Prefix}*{AtomicFile.AsideExtension}")) Directory.Delete(left, recursive: true);
        var (target, aside) = (PathOf(version), Path.Combine(_folder, $".{NameOf(version)}{AtomicFile.AsideExtension}"));
        write(aside);
        DirectoryFlush.Flush(aside);
        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        Directory.Move(aside, target);
        DirectoryFlush.Flush(_folder);
        return target;
    }

    /// <summary>Deletes all versions but one.</summary>
    /// <param name="version">The version that stays.</param>
    public void DeleteOthers(long version)
    {
        foreach (var other in Directory.EnumerateDirectories(_folder, $"{Prefix}*").Where(path => IsOther(path, version)))
            Directory.Delete(other, recursive: true);
    }

    // What the user put there stays: only names of versions are deleted.
    private static bool IsOther(string path, long version) =>
        long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
        && step != version && string.Equals(Path.GetFileName(path), NameOf(step), StringComparison.Ordinal);

    private static string NameOf(long version) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{version:D7}");

    private string PathOf(long version) => Path.Combine(_folder, NameOf(version));
}
