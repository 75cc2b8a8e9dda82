using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using GenAgent.Hosting.Configuration;
using GenAgent.Server.Tests.Serving;
using YamlDotNet.RepresentationModel;

namespace GenAgent.Server.Tests.Deploy;

/// <summary>The files of <c>deploy/</c> and the container's settings: what they start is what this program is.</summary>
public sealed partial class DeployTests
{
    private const string Tool = "/opt/genagent/genagent";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Unit { get; } = File.ReadAllText(Path.Combine(RepoFolder.Root, "deploy", "genagent.service"));

    [Fact]
    public async Task The_compose_file_starts_the_server_with_flags_that_it_has_on_a_database_whose_password_it_is_given()
    {
        var services = Compose("services");
        var server = (YamlMappingNode)services["server"];
        var database = (YamlMappingNode)((YamlMappingNode)services["database"])["environment"];
        var command = ((YamlSequenceNode)server["command"]).Select(Text).ToList();

        command[0].ShouldBe("serve");
        await RequireFlagsAsync("serve", command);
        var url = new Uri(command[command.IndexOf("--database") + 1]);
        (url.Scheme, url.UserInfo, url.Host, url.AbsolutePath).ShouldBe(
            ("postgres", Text(database["POSTGRES_USER"]), "database", $"/{Text(database["POSTGRES_DB"])}"));
        var variables = (YamlMappingNode)server["environment"];
        RequireVariables(variables.Children.Keys.Select(Text));
        Text(variables["GENAGENT_Secrets__database"]).ShouldBe("${DATABASE_PASSWORD}");
        Text(database["POSTGRES_PASSWORD"]).ShouldStartWith("${DATABASE_PASSWORD:?");

        // The data folder is in a volume, and the port is the one that the server listens on.
        var volume = ((YamlSequenceNode)server["volumes"]).Select(Text).Single().Split(':');
        Compose("volumes").Children.Keys.Select(Text).ShouldContain(volume[0]);
        command[command.IndexOf("--data") + 1].ShouldStartWith(volume[1]);
        ((YamlSequenceNode)server["ports"]).Select(Text).Single().ShouldEndWith($":{new Uri(command[command.IndexOf("--urls") + 1]).Port}");
        Text(server["image"]).ShouldBe($"{Property("ContainerRepository")}:latest");
    }

    [Fact]
    public async Task The_container_starts_the_program_that_is_published_with_flags_that_it_has_and_listens_on_the_port_that_it_names()
    {
        var arguments = Item("ContainerDefaultArgs").Split(';').ToList();

        Item("ContainerAppCommand").ShouldBe($"./{Property("AssemblyName")}");
        arguments[0].ShouldBe("serve");
        await RequireFlagsAsync("serve", arguments);
        new Uri(arguments[arguments.IndexOf("--urls") + 1]).Port.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(Item("ContainerPort"));
        arguments[arguments.IndexOf("--data") + 1].ShouldStartWith("/home/app/", customMessage: "the base image's user can write there");
        Property("ContainerBaseImage").ShouldBe("mcr.microsoft.com/dotnet/aspnet:10.0");
    }

    [Fact]
    public async Task The_unit_starts_the_server_with_flags_that_it_has_in_a_folder_that_it_may_write_to()
    {
        var start = Value("ExecStart").Split(' ').ToList();

        start[0].ShouldBe(Tool);
        start[1].ShouldBe("serve");
        await RequireFlagsAsync("serve", start);
        start[start.IndexOf("--data") + 1].ShouldBe($"/var/lib/{Value("StateDirectory")}");
        Value("WorkingDirectory").ShouldBe($"/var/lib/{Value("StateDirectory")}");
        int.Parse(Value("TimeoutStopSec"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan((int)new ServerOptions().StopSeconds + 20);
        RequireVariables(VariableNames().Matches(Unit).Select(found => found.Value));

        string Value(string name) => Unit.Split('\n').Single(line => line.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
    }

    [Fact]
    public async Task Systemd_reads_the_unit_without_a_complaint()
    {
        if (!File.Exists("/usr/bin/systemd-analyze")) Assert.Skip("There is no systemd-analyze here.");
        var folder = Directory.CreateTempSubdirectory("genagent-unit-");
        var file = Path.Combine(folder.FullName, "genagent.service");

        // A program that is here, as systemd looks for it.
        await File.WriteAllTextAsync(file, Unit.Replace(Tool, "/bin/true", StringComparison.Ordinal), Cancellation);
        var (exit, said) = await RunAsync("/usr/bin/systemd-analyze", "verify", "--man=no", file);

        said.ShouldNotContain("genagent.service");
        exit.ShouldBe(0, said);
        folder.Delete(recursive: true);
    }

    [GeneratedRegex("GENAGENT_[A-Za-z_]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableNames();

    private static async Task RequireFlagsAsync(string command, IEnumerable<string> arguments)
    {
        var (exit, help) = await RunAsync(ServerProcess.Executable, command, "--help");
        exit.ShouldBe(0, help);
        foreach (var flag in arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal))) help.ShouldContain($"{flag} ");
    }

    private static void RequireVariables(IEnumerable<string> names)
    {
        foreach (var name in names) name.Split('_', 2)[1].ShouldStartWith($"{Secrets.SectionName}__");
    }

    private static async Task<(int Exit, string Said)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, string.Concat(said));
    }

    private static YamlMappingNode Compose(string part)
    {
        var yaml = new YamlStream();
        using var reader = File.OpenText(Path.Combine(RepoFolder.Root, "deploy", "compose.yaml"));
        yaml.Load(reader);
        return (YamlMappingNode)((YamlMappingNode)yaml.Documents.Single().RootNode)[part];
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static XDocument Project { get; } = XDocument.Load(Path.Combine(RepoFolder.Root, "src", "GenAgent.Cli", "GenAgent.Cli.csproj"));

    private static string Property(string name) => Project.Descendants(name).First().Value;

    private static string Item(string name) => Project.Descendants(name).Single().Attribute("Include")!.Value;
}
