namespace GenAgent.TestKit.Golden;

/// <summary>Where the reference's recordings lie: tests/golden, or the folder that GENAGENT_GOLDEN names.</summary>
public static class GoldenRoot
{
    private static string? Override => Environment.GetEnvironmentVariable("GENAGENT_GOLDEN") is { Length: > 0 } path ? path : null;

    /// <summary>Whether the recordings are the repository's own.</summary>
    public static bool IsDefault => Override is null;

    /// <summary>The folder of recordings.</summary>
    public static string Path => Override is not { } path ? Repository
        : Directory.Exists(path) ? path : throw new DirectoryNotFoundException($"GENAGENT_GOLDEN names {path}, which is no folder.");

    /// <summary>The repository's own recordings, for large files that another root need not repeat.</summary>
    public static string Repository { get; } = System.IO.Path.Combine(RepoFolder.Root, "tests", "golden");

    /// <summary>
    /// Files of that name in the folder of a kind (as in <c>qwen2_5_vl</c>) and in those beside it whose names begin alike (<c>qwen2_5_vl-more</c>),
    /// however deep; the default root must have some.
    /// </summary>
    public static IReadOnlyList<string> Cases(string kind, string file)
    {
        var beside = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(Path, kind))!;
        var found = Directory.Exists(beside)
            ? Directory.EnumerateDirectories(beside, System.IO.Path.GetFileName(kind) + "*")
                .SelectMany(folder => Directory.EnumerateFiles(folder, file, SearchOption.AllDirectories)).Order(StringComparer.Ordinal).ToList()
            : [];
        return found.Count > 0 || !IsDefault
            ? found
            : throw new InvalidOperationException($"{beside} holds no {file} for {kind}: the golden recordings are missing.");
    }

    /// <summary>All files of that name or pattern anywhere under the root, in a stable order.</summary>
    public static IReadOnlyList<string> Files(string pattern) =>
        [.. Directory.EnumerateFiles(Path, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
