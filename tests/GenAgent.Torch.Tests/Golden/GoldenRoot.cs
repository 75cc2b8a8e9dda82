namespace GenAgent.Torch.Tests.Golden;

/// <summary>Where the reference's recordings lie: tests/golden, or the folder that GENAGENT_GOLDEN names.</summary>
internal static class GoldenRoot
{
    private static readonly Lazy<string> Default = new(FindDefault);

    private static string? Override => Environment.GetEnvironmentVariable("GENAGENT_GOLDEN") is { Length: > 0 } path ? path : null;

    public static bool IsDefault => Override is null;

    public static string Path => Override ?? Default.Value;

    /// <summary>The repository's own recordings, for large files that another root need not repeat.</summary>
    public static string Repository => Default.Value;

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

    private static string FindDefault()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "GenAgent.slnx")))
            {
                return System.IO.Path.Combine(folder.FullName, "tests", "golden");
            }
        }

        throw new InvalidOperationException("GenAgent.slnx was not found above the test's folder.");
    }
}
