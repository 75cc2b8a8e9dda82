using System.Security.Cryptography;
using GenAgent.Storage;

namespace GenAgent.Torch.Native;

/// <summary>Caches patched copies of native libraries; any number of processes may use one folder at once.</summary>
/// <remarks>A copy's path holds the hash of its content, and its content is checked before each use: a damaged copy is rewritten.</remarks>
internal static class PatchedLibraryCache
{
    /// <summary>Overrides the folder.</summary>
    public const string FolderVariable = "GENAGENT_NATIVE_CACHE";

    /// <summary>
    /// <c>GENAGENT_NATIVE_CACHE</c>, else <c>$XDG_CACHE_HOME/genagent/native</c>, else <c>~/.cache/genagent/native</c>; empty where the user has no home
    /// folder.
    /// </summary>
    public static string DefaultFolder(Func<string, string?> environment)
    {
        if (environment(FolderVariable) is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        if (environment("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg))
        {
            return Path.Combine(xdg, "genagent", "native");
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 ? Path.Combine(home, ".cache", "genagent", "native") : "";
    }

    /// <summary>Returns the path of a file with exactly this content and name; writes it if it does not exist.</summary>
    /// <exception cref="TorchNativeException">The folder cannot be written.</exception>
    public static string Materialize(string cacheFolder, string fileName, byte[] content)
    {
        if (cacheFolder.Length == 0)
        {
            throw new TorchNativeException(
                $"The user has no home folder to keep the mended copy of {fileName} in: set {FolderVariable} to a folder that can be written.");
        }

        var hash = SHA256.HashData(content);
        var folder = Path.Combine(cacheFolder, Convert.ToHexStringLower(hash));
        var path = Path.Combine(folder, fileName);
        try
        {
            if (HasHash(path, hash))
            {
                return path;
            }

            Directory.CreateDirectory(folder);

            // Renamed into place: a process that has the old file mapped keeps it.
            AtomicFile.Write(path, content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TorchNativeException(
                $"{folder}: cannot keep the mended copy of {fileName} here ({ObstacleAt(path) ?? fault.Message}). Set {FolderVariable} to a folder that can "
                    + "be written.",
                fault);
        }

        return path;
    }

    // .NET's message for a folder in a file's place, or for a broken link, does not name the path.
    private static string? ObstacleAt(string path)
    {
        if (Directory.Exists(path)) return $"{path} is a folder: remove it.";
        for (var part = path; !string.IsNullOrEmpty(part); part = Path.GetDirectoryName(part))
        {
            if (new FileInfo(part) is { LinkTarget: { } target } link && link.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false })
            {
                return $"{part} is a link to {target}, which does not exist: remove it.";
            }
        }

        return null;
    }

    private static bool HasHash(string path, byte[] hash)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return SHA256.HashData(stream).AsSpan().SequenceEqual(hash);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }
}
