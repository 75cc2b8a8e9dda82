namespace GenAgent.Server.Tests;

internal static class RepoFolder
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAgent.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No GenAgent.slnx above {AppContext.BaseDirectory}.");
    }
}
