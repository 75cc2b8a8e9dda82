namespace GenAgent.Cli.Tests.Docs;

public sealed class ReadmeTests
{
    private static readonly string[] Folders = ["src", "samples"];

    [Fact]
    public void The_program_of_the_README_is_a_sample_that_compiles()
    {
        var readme = File.ReadAllText(Path.Combine(RepoFolder.Root, "README.md")).ReplaceLineEndings("\n");
        var sample = File.ReadAllText(Path.Combine(RepoFolder.Root, "samples", "Embedded", "Program.cs")).ReplaceLineEndings("\n");

        var shown = readme.Split("```csharp\n")[1].Split("```")[0];
        var compiled = sample.Split("#region README\n")[1].Split("#endregion")[0];

        shown.ShouldBe(compiled);
    }

    [Fact]
    public void Every_sample_and_every_package_is_part_of_the_solution_that_CI_builds()
    {
        var solution = File.ReadAllText(Path.Combine(RepoFolder.Root, "GenAgent.slnx"));

        foreach (var project in Folders.SelectMany(folder =>
            Directory.EnumerateFiles(Path.Combine(RepoFolder.Root, folder), "*.csproj", SearchOption.AllDirectories)))
        {
            solution.ShouldContain(Path.GetRelativePath(RepoFolder.Root, project).Replace('\\', '/'));
        }
    }
}
