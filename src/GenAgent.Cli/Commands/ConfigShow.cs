using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Configuration;
using Spectre.Console;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent config show</c>: every option, its value, and where that comes from.</summary>
internal sealed class ConfigShow() : CliCommand("show", "Shows every option, its value, and where it comes from. Secrets are named, never shown.")
{
    private readonly Option<bool> _json = Flag.Json();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var options = ShownOption.All(call.Settings());
        call.Write(_json, new { schema = "genagent.config/1", options }, () => call.Host.Output.Write(Table(options)));
        return Success;
    }

    private static Table Table(IEnumerable<ShownOption> options)
    {
        var table = Tables.Simple("Option", "Value", "From");
        table.Columns[0].NoWrap();
        foreach (var option in options)
        {
            var isDefault = string.Equals(option.Source, Settings.Default, StringComparison.Ordinal);
            table.AddRow(
                new Text(option.Path), new Text(option.Value is null ? "-" : TerminalText.OneLine(option.Value, 200)),
                new Text(option.Source, isDefault ? new Style(Color.Grey) : Style.Plain));
        }

        return table;
    }
}
