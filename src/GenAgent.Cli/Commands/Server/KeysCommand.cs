using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Server;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent keys</c>: the API keys of a server.</summary>
internal sealed class KeysCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var data = new Option<string?>("--data") { Description = "The server's data folder; genagent-data unless given.", HelpName = "DIR", Recursive = true };
        var database = ServeFlags.Database();
        database.Recursive = true;
        var command = new Command("keys", "Makes, lists and revokes a server's API keys.") { data, database };
        command.Subcommands.Add(Add(host, Open));
        command.Subcommands.Add(List(host, Open));
        command.Subcommands.Add(Revoke(host, Open));
        return command;

        Task<KeyAdministration> Open(ParseResult parsed, CancellationToken cancellationToken)
        {
            var settings = flags.Read(
                host, parsed,
                [new FlagValue("Server:Data", parsed.GetValue(data), data.Name), new FlagValue("Server:Database", parsed.GetValue(database), database.Name)]);
            return KeyAdministration.OpenAsync(host, settings, cancellationToken);
        }
    }

    private static Command Add(CliHost host, Func<ParseResult, CancellationToken, Task<KeyAdministration>> open)
    {
        var name = new Argument<string>("name") { Description = "What the key is called, for people." };
        var scopes = new Option<string>("--scopes")
        {
            Description = $"What it allows, separated by commas: {string.Join(", ", KeyAdministration.Scopes)}.",
            HelpName = "SCOPES",
            DefaultValueFactory = _ => "read,generate",
        };
        var rate = new Option<int?>("--per-minute") { Description = "The most requests a minute that change something.", HelpName = "N" };
        var budget = new Option<int?>("--images-per-day") { Description = "The most images in 24 hours.", HelpName = "N" };
        var command = new Command("add", "Makes a key and prints it. It cannot be shown again.") { name, scopes, rate, budget };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var keys = await open(parsed, cancellationToken);
            var chosen = parsed.GetValue(scopes)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var (id, key) = await keys.AddAsync(parsed.GetValue(name)!, chosen, parsed.GetValue(rate), parsed.GetValue(budget), cancellationToken);
            host.Say($"Key {id}. Keep it: it cannot be shown again.");
            host.WriteResult(key);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static Command List(CliHost host, Func<ParseResult, CancellationToken, Task<KeyAdministration>> open)
    {
        var json = JsonFlag.Create();
        var command = new Command("list", "Lists the keys, without their secrets.") { json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var keys = await open(parsed, cancellationToken);
            var all = await keys.ListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                foreach (var key in all) host.WriteJson(key);
                return (int)ExitCode.Success;
            }

            var table = new Table().Border(TableBorder.Simple).AddColumns("Id", "Name", "Scopes", "A minute", "Images a day", "Made", "Revoked");
            foreach (var key in all)
            {
                table.AddRow(
                    new Text(key.Id),
                    new Text(TerminalText.OneLine(key.Name, 40)),
                    new Text(string.Join(", ", key.Scopes)),
                    Number(key.PerMinute),
                    Number(key.ImagesPerDay),
                    Day(key.Created),
                    Day(key.Revoked));
            }

            host.Output.Write(table);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static Command Revoke(CliHost host, Func<ParseResult, CancellationToken, Task<KeyAdministration>> open)
    {
        var id = new Argument<string>("id") { Description = "The key's id, as list shows it." };
        var command = new Command("revoke", "Revokes a key: a running server refuses it within seconds.") { id };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var keys = await open(parsed, cancellationToken);
            return await keys.RevokeAsync(parsed.GetValue(id)!, cancellationToken)
                ? (int)ExitCode.Success
                : throw new CliException(ExitCode.Usage, $"There is no valid key {parsed.GetValue(id)}: genagent keys list shows them.");
        });
        return command;
    }

    private static Text Number(int? number) => new(number?.ToString(CultureInfo.InvariantCulture) ?? "-");

    private static Text Day(DateTimeOffset? time) => new(time?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-");
}
