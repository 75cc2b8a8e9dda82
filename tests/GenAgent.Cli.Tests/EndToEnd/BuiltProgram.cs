namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Programs of this repository where they were built: the copies beside the tests share the tests' framework, and lack files of their own.</summary>
internal static class BuiltProgram
{
    /// <summary>The executable of a project, in the configuration that the tests run in.</summary>
    public static string PathOf(string project) =>
        Path.Combine(FolderOf(project), Path.GetFileName(project) + (OperatingSystem.IsWindows() ? ".exe" : string.Empty));

    /// <summary>The assembly of a project, likewise.</summary>
    public static string AssemblyOf(string project) => Path.Combine(FolderOf(project), $"{Path.GetFileName(project)}.dll");

    private static string FolderOf(string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(RepoFolder.Root, project, "bin", output.Parent!.Name, output.Name);
    }
}
