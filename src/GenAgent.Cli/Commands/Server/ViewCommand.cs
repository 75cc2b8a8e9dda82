using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent view FOLDER</c>: the page over the runs below a folder, read-only, without a database.</summary>
internal sealed class ViewCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = new Argument<string>("folder") { Description = "The folder below which runs are looked for." };
        var urls = ServeFlags.Urls();
        var command = new Command("view", "Shows the trajectories and runs below a folder in a web page, read-only.") { folder, urls };
        command.SetAction((parsed, cancellationToken) =>
        {
            var path = host.FullPath(parsed.GetValue(folder)!);
            if (!Directory.Exists(path)) throw new CliException(ExitCode.Usage, $"{parsed.GetValue(folder)}: there is no such folder.");
            var settings = flags.Read(
                host, parsed, [new FlagValue("Server:Browse", path, "folder"), new FlagValue("Server:Urls", parsed.GetValue(urls), urls.Name)]);
            return RunningServer.RunAsync(host, settings, readOnly: true, parsed.GetValue(flags.Verbose), cancellationToken);
        });
        return command;
    }
}
