namespace GenAgent.Storage;

/// <summary>Paths of images that a file gives: they mean what lies below a folder, and nothing else.</summary>
public static class InnerPath
{
    /// <summary>The most bytes of an image's file.</summary>
    internal const long MaxBytes = 256L << 20;

    /// <summary>Reads an image's file. It may be a link, but only to a regular file: a device has no end, and a pipe may never begin.</summary>
    /// <param name="file">The file's path.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is empty, no regular file, or is larger than 256 MiB.</exception>
    public static byte[] Read(string file)
    {
        // Devices and pipes have no length.
        var target = new FileInfo(file) is var named && named.ResolveLinkTarget(returnFinalTarget: true) is FileInfo linked ? linked : named;
        return target.Length switch
        {
            0 => throw new InvalidDataException($"{file} is empty, or no regular file."),
            > MaxBytes => throw new InvalidDataException($"{file} has {target.Length} bytes; an image has at most {MaxBytes}."),
            _ => File.ReadAllBytes(file),
        };
    }

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
