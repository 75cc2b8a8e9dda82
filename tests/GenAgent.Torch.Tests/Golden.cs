namespace GenAgent.Torch.Tests;

/// <summary>Finds golden files under one root: <c>GENAGENT_GOLDEN</c>, else <c>tests/golden</c> of this repository.</summary>
internal static class Golden
{
    /// <summary>Whether the root is the repository's own, where every kind of case must be present.</summary>
    public static bool IsDefault { get; } = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("GENAGENT_GOLDEN"));

    public static string Root { get; } = IsDefault ? Path.Combine(RepositoryRoot(), "tests", "golden") : Path.GetFullPath(Environment.GetEnvironmentVariable("GENAGENT_GOLDEN")!);

    /// <summary>All files of that name or pattern anywhere under the root, in a stable order.</summary>
    public static IReadOnlyList<string> Files(string pattern) =>
        [.. Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAgent.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No GenAgent.slnx above {AppContext.BaseDirectory}.");
    }
}
