using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace GenAgent.Cli.Tests.Walls;

/// <summary>The walls between the projects (docs/design.md), read off the compiled assemblies.</summary>
public sealed class WallTests
{
    // Which of this repository's assemblies each may use. A new project gets a line here and in the design's table.
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["GenAgent"] = [],
        ["GenAgent.Torch"] = ["GenAgent"],
        ["GenAgent.Engines"] = ["GenAgent", "GenAgent.Torch"],
        ["GenAgent.Micro"] = ["GenAgent", "GenAgent.Evaluation"],
        ["GenAgent.Training"] = ["GenAgent", "GenAgent.Torch"],
        ["GenAgent.Evaluation"] = ["GenAgent"],
        ["GenAgent.Micro.Training"] = ["GenAgent", "GenAgent.Torch", "GenAgent.Evaluation", "GenAgent.Micro", "GenAgent.Training"],
        ["GenAgent.Micro.Models"] = [],
        ["GenAgent.Hosting"] = ["GenAgent", "GenAgent.Engines", "GenAgent.Evaluation", "GenAgent.Torch"],
        ["GenAgent.Server"] = ["GenAgent", "GenAgent.Evaluation", "GenAgent.Hosting"],
        ["GenAgent.Cli"] =
        [
            "GenAgent", "GenAgent.Torch", "GenAgent.Micro", "GenAgent.Training", "GenAgent.Micro.Training", "GenAgent.Evaluation", "GenAgent.Engines",
                "GenAgent.Hosting", "GenAgent.Server",
        ],
    };

    private static readonly string[] MayTouchTensors = ["GenAgent.Torch", "GenAgent.Training"];

    public static TheoryData<string> Projects { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(RepoFolder.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_project_of_src_is_looked_at()
    {
        Projects.Count.ShouldBeGreaterThanOrEqualTo(8);
        Projects.Select(row => row.Data).Except(MayUse.Keys).ShouldBeEmpty("a project without a line in the table of walls");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_those_that_the_design_allows(string project) =>
        Read(project).Assemblies.Where(IsOurs).Except(MayUse[project]).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_the_model_and_its_trainer_see_tensors(string project)
    {
        if (!MayTouchTensors.Contains(project))
        {
            var read = Read(project);
            read.Assemblies.Where(name => name.StartsWith("TorchSharp", StringComparison.Ordinal)).ShouldBeEmpty();
            read.Types.Where(type => type.StartsWith("TorchSharp", StringComparison.Ordinal)).ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_the_command_line_writes_to_the_console(string project)
    {
        if (project != "GenAgent.Cli")
        {
            Read(project).Types.Where(type => type is "System.Console").ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("GenAgent.Training")]
    [InlineData("GenAgent.Micro.Training")]
    public void The_trainer_sees_no_servers_and_no_HTTP(string project) =>
        Read(project).Types
            .Where(type => type.StartsWith("System.Net.", StringComparison.Ordinal) || type.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_project_opens_its_internals_to_another_one(string project) =>
        Friends(project).Where(friend => !friend.EndsWith(".Tests", StringComparison.Ordinal) && friend != "GenAgent.Bench").ShouldBeEmpty();

    [Fact]
    public void The_test_itself_sees_references_that_are_there()
    {
        Read("GenAgent.Cli").Assemblies.ShouldContain("GenAgent");
        Read("GenAgent.Cli").Types.ShouldContain("System.Console");
        Read("GenAgent.Torch").Assemblies.ShouldContain("TorchSharp");
        Friends("GenAgent.Torch").ShouldContain("GenAgent.Torch.Tests");
    }

    private static bool IsOurs(string assembly) => assembly == "GenAgent" || assembly.StartsWith("GenAgent.", StringComparison.Ordinal);

    private static (IReadOnlyList<string> Assemblies, IReadOnlyList<string> Types) Read(string project)
    {
        using var file = File.OpenRead(PathOf(project));
        using var executable = new PEReader(file);
        var metadata = executable.GetMetadataReader();
        var assemblies = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name));
        var types = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}");
        return ([.. assemblies], [.. types]);
    }

    private static string[] Friends(string project)
    {
        using var module = Mono.Cecil.ModuleDefinition.ReadModule(PathOf(project));
        return [.. from attribute in module.Assembly.CustomAttributes
                   where attribute.AttributeType.Name == "InternalsVisibleToAttribute"
                   select (string)attribute.ConstructorArguments[0].Value];
    }

    // Beside the tests where the command line brings it along, else where its own project was built.
    private static string PathOf(string project)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, $"{project}.dll");
        var built = Path.Combine(RepoFolder.Root, "src", project, "bin");
        return File.Exists(beside)
            ? beside
            : Directory.EnumerateFiles(built, $"{project}.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)
                ?? throw new FileNotFoundException($"{project} is not built.");
    }
}
