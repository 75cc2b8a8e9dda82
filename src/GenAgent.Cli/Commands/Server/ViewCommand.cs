using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Commands.Server;

/// <summary><c>genagent view FOLDER</c>: the page over the runs below a folder, read-only, without a database.</summary>
internal sealed class ViewCommand() : CliCommand("view", "Shows the trajectories and runs below a folder in a web page, read-only.")
{
    private readonly Argument<string> _folder = Flag.Argument("folder", "The folder below which runs are looked for.");
    private readonly Option<string?> _urls = ServeFlags.Urls();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var path = call.PathOf(_folder);
        return Directory.Exists(path)
            ? RunningServer.RunAsync(call, call.Settings(new FlagValue("Server:Browse", path, "folder"), call.Setting("Server:Urls", _urls)), readOnly: true)
            : throw new CliException(ExitCode.Usage, $"{call.Get(_folder)}: there is no such folder.");
    }
}
