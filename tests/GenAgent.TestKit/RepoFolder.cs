namespace GenAgent.TestKit;

/// <summary>The checkout that the tests run from.</summary>
public static class RepoFolder
{
    /// <summary>The folder of the solution.</summary>
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
