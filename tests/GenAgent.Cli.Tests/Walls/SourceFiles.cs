namespace GenAgent.Cli.Tests.Walls;

/// <summary>The repository's own source files.</summary>
internal static class SourceFiles
{
    public static List<string> In(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(RepoFolder.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !IsBuilt(Path.GetRelativePath(RepoFolder.Root, file)))];

    private static bool IsBuilt(string file) => file.Replace('\\', '/').Split('/').Any(part => part is "obj" or "bin" or "node_modules");
}
