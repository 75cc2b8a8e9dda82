namespace GenAgent.Tests;

/// <summary>Where the golden files lie: <c>tests/golden</c> of this repository, or where GENAGENT_GOLDEN says.</summary>
internal static class Golden
{
    public static bool IsDefaultRoot { get; } = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("GENAGENT_GOLDEN"));

    public static string Root { get; } = IsDefaultRoot ? Find() : Environment.GetEnvironmentVariable("GENAGENT_GOLDEN")!;

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
