using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;
using Spectre.Console;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent config show</c>: every option, its value, and where that comes from.</summary>
internal sealed class ConfigCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var show = new Command("show", "Shows every option, its value, and where it comes from. Secrets are named, never shown.") { json };
        show.SetAction((parsed, _) =>
        {
            var settings = flags.Read(host, parsed);
            var options = ShownOption.All(settings);
            if (parsed.GetValue(json))
            {
                host.WriteJson(new { schema = "genagent.config/1", options });
            }
            else
            {
                host.Output.Write(Table(options));
            }

            return Task.FromResult((int)ExitCode.Success);
        });
        return new Command("config", "Shows the configuration.") { show };
    }

    private static Table Table(IEnumerable<ShownOption> options)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Option", "Value", "From");
        table.Columns[0].NoWrap();
        foreach (var option in options)
        {
            table.AddRow(
                new Text(option.Path),
                new Text(option.Value is null ? "-" : TerminalText.OneLine(option.Value, 200)),
                new Text(option.Source, string.Equals(option.Source, Settings.Default, StringComparison.Ordinal) ? new Style(Color.Grey) : Style.Plain));
        }

        return table;
    }
}
