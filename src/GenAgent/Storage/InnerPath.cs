namespace GenAgent.Storage;

/// <summary>Paths of images that a file gives: they mean what lies below a folder, and nothing else.</summary>
public static class InnerPath
{
    /// <summary>The full path.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The path as the file gives it, relative to the folder.</param>
    /// <returns>An absolute path below the folder.</returns>
    /// <exception cref="InvalidDataException">The path leaves the folder, or is none.</exception>
    public static string Resolve(string folder, string path) => TryResolve(folder, path)
        ?? throw new InvalidDataException($"Image \"{path}\" lies outside of the file's folder: copy it there, and name it relative to the file.");

    /// <summary>Whether a path means something below a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The path, relative to the folder.</param>
    /// <returns>True if it does not leave the folder.</returns>
    public static bool IsInner(string folder, string path) => TryResolve(folder, path) is not null;

    private static string? TryResolve(string folder, string path)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var full = path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? root : Path.GetFullPath(path, root);
        var prefix = Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar;
        return full.Length > prefix.Length && full.StartsWith(prefix, StringComparison.Ordinal)
            ? full
            : null;
    }
}
