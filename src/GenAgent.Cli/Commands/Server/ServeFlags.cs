using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Commands.Server;

/// <summary>The flags of <c>serve</c>, and of <c>mcp</c>, which listens nowhere; each sets an option of the configuration.</summary>
internal sealed class ServeFlags(bool listens = true) : FlagGroup
{
    private readonly List<(Option<string?> Option, string Path)> _settings =
    [
        (Urls(), "Server:Urls"),
        (Data(), "Server:Data"),
        (Database(), "Server:Database"),
        (BackendFlag.Chat("--agent", "The agent's model, micro unless given"), "Backends:Agent"),
        (BackendFlag.Images("The image generator, micro unless given"), "Backends:Generator"),
        (BackendFlag.Judge("A model that scores the final image; or verifier, for the miniature world"), "Backends:Judge"),
        (Flag.Of<string?>("--workers", "N", "Jobs that run at once, 4 unless given; 0 leaves them to other processes on the same database."), "Server:Workers"),
        (Flag.Of<string?>("--browse", "DIR", "A folder of runs that the page shows beside the server's own."), "Server:Browse"),
    ];

    public override IEnumerable<Symbol> Symbols => Settings.Select(setting => setting.Option);

    private IEnumerable<(Option<string?> Option, string Path)> Settings => _settings.Where(setting => listens || setting.Path is not "Server:Urls");

    public static Option<string?> Urls() => Flag.Of<string?>(
        "--urls", "URLS",
            "The addresses to listen on, separated by semicolons; http://127.0.0.1:5000 unless given. Other than loopback addresses need API keys.");

    public static Option<string?> Database() => Flag.Of<string?>(
        "--database", "URL",
        "A PostgreSQL database, postgres://USER@HOST/NAME; SQLite in the data folder unless given. The password belongs into GENAGENT_Secrets__database.");

    public static Option<string?> Data() =>
        Flag.Of<string?>("--data", "DIR", "The folder for database, images and trajectories; genagent-data unless given.");

    public IEnumerable<FlagValue> Values(ParseResult parsed) =>
        Settings.Select(setting => new FlagValue(setting.Path, parsed.GetValue(setting.Option), setting.Option.Name));
}
