using System.Reflection;
using PublicApiGenerator;

namespace GenAgent.Cli.Tests.PublicApi;

/// <summary>What each package offers. A change here is a change that somebody else's program may not compile after.</summary>
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        DenyNamespacePrefixes = [],
        ExcludeAttributes = ["System.Runtime.CompilerServices.CompilerGeneratedAttribute"],
    };

    public static TheoryData<string> Packages { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(RepoFolder.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => Path.GetFileNameWithoutExtension(project) != "GenAgent.Cli")
            .Select(project => Path.GetFileNameWithoutExtension(project)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_offers_what_it_offered(string package) =>
        Snapshot.Match(Assembly.Load(package).GeneratePublicApi(Options), package);

    [Fact]
    public void The_command_line_is_a_program_and_offers_no_types() =>
        typeof(GenAgent.Cli.Hosting.CliApp).Assembly.GetExportedTypes().ShouldBeEmpty();

    [Fact]
    public void No_source_of_a_package_leaves_out_the_documentation_of_its_public_members()
    {
        // The compiler refuses a public member without a comment (CS1591 is a warning, and warnings are errors), unless it is told not to.
        var sources = Directory.EnumerateFiles(Path.Combine(RepoFolder.Root, "src"), "*.*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".csproj" or ".editorconfig")
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Contains("obj"))
            .Append(Path.Combine(RepoFolder.Root, "Directory.Build.props"));
        sources.Where(file => File.ReadAllText(file).Contains("1591", StringComparison.Ordinal)).ShouldBeEmpty();
        foreach (var row in Packages)
        {
            File.Exists(Path.Combine(AppContext.BaseDirectory, $"{row.Data}.xml")).ShouldBeTrue($"{row.Data} was built without its documentation");
        }
    }
}
