namespace GenAgent.Tests;

/// <summary>Where the golden files lie: <c>tests/golden</c> of this repository, or where GENAGENT_GOLDEN says.</summary>
internal static class Golden
{
    public static bool IsDefaultRoot { get; } = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("GENAGENT_GOLDEN"));

    /// <summary>The repository's own files: what it has written itself, which no other root repeats.</summary>
    public static string Repository { get; } = Find();

    public static string Root { get; } = IsDefaultRoot ? Repository : Environment.GetEnvironmentVariable("GENAGENT_GOLDEN")!;

    /// <summary>Every file of that name anywhere under the root, in a stable order.</summary>
    public static IReadOnlyList<string> Files(string name) =>
        [.. Directory.EnumerateFiles(Root, name, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GenAgent.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("GenAgent.slnx is in no folder above the tests."), "tests", "golden");
    }
}
