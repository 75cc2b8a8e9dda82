using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Server;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Server;

/// <summary>A command of <c>genagent keys</c>: the API keys of a server.</summary>
internal abstract class KeysCommand(string name, string description, KeysFlags flags) : CliCommand(name, description)
{
    /// <summary>The group.</summary>
    public static CommandGroup All()
    {
        var flags = new KeysFlags();
        return new("keys", "Makes, lists and revokes a server's API keys.", new KeysAdd(flags), new KeysList(flags), new KeysRevoke(flags))
        {
            Inherited = [flags.Data, flags.Database],
        };
    }

    protected Task<KeyAdministration> OpenAsync(CliCall call) => KeyAdministration.OpenAsync(
        call.Host, call.Settings(call.Setting("Server:Data", flags.Data), call.Setting("Server:Database", flags.Database)), call.CancellationToken);
}

/// <summary>Where the server is; flags of the group, which its commands inherit.</summary>
internal sealed class KeysFlags
{
    public KeysFlags() => (Data.Recursive, Database.Recursive) = (true, true);

    public Option<string?> Data { get; } = Flag.Of<string?>("--data", "DIR", "The server's data folder; genagent-data unless given.");

    public Option<string?> Database { get; } = ServeFlags.Database();
}

/// <summary><c>genagent keys add</c>.</summary>
internal sealed class KeysAdd(KeysFlags flags) : KeysCommand("add", "Makes a key and prints it. It cannot be shown again.", flags)
{
    private readonly Argument<string> _name = Flag.Argument("name", "What the key is called, for people.");
    private readonly Option<string> _scopes = Flag.Of(
        "--scopes", "SCOPES", $"What it allows, separated by commas: {string.Join(", ", KeyAdministration.Scopes)}.", "read,generate");
    private readonly Option<int?> _rate = Flag.Of<int?>("--per-minute", "N", "The most requests a minute that change something.");
    private readonly Option<int?> _budget = Flag.Of<int?>("--images-per-day", "N", "The most images in 24 hours.");

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        await using var keys = await OpenAsync(call);
        var scopes = call.Get(_scopes).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var (id, key) = await keys.AddAsync(call.Get(_name), scopes, call.Get(_rate), call.Get(_budget), call.CancellationToken);
        call.Host.Say($"Key {id}. Keep it: it cannot be shown again.");
        call.Host.WriteResult(key);
        return ExitCode.Success;
    }
}

/// <summary><c>genagent keys list</c>.</summary>
internal sealed class KeysList(KeysFlags flags) : KeysCommand("list", "Lists the keys, without their secrets.", flags)
{
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        await using var keys = await OpenAsync(call);
        var all = await keys.ListAsync(call.CancellationToken);
        if (call.Get(_json))
        {
            foreach (var key in all) call.Host.WriteJson(key);
            return ExitCode.Success;
        }

        var table = Tables.Simple("Id", "Name", "Scopes", "A minute", "Images a day", "Made", "Revoked");
        foreach (var key in all)
        {
            table.AddRow(
                new Text(key.Id), new Text(TerminalText.OneLine(key.Name, 40)), new Text(string.Join(", ", key.Scopes)), Tables.Number(key.PerMinute),
                Tables.Number(key.ImagesPerDay), Day(key.Created), Day(key.Revoked));
        }

        call.Host.Output.Write(table);
        return ExitCode.Success;
    }

    private static Text Day(DateTimeOffset? time) => new(time?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-");
}

/// <summary><c>genagent keys revoke</c>.</summary>
internal sealed class KeysRevoke(KeysFlags flags) : KeysCommand("revoke", "Revokes a key: a running server refuses it within seconds.", flags)
{
    private readonly Argument<string> _id = Flag.Argument("id", "The key's id, as list shows it.");

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        await using var keys = await OpenAsync(call);
        return await keys.RevokeAsync(call.Get(_id), call.CancellationToken)
            ? ExitCode.Success
            : throw new CliException(ExitCode.Usage, $"There is no valid key {call.Get(_id)}: genagent keys list shows them.");
    }
}
