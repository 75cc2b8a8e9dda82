using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent completion SHELL</c>: a script that makes the shell complete commands and flags.</summary>
internal sealed class CompletionCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.All.Keys]);
        var command = new Command("completion", "Prints a script that makes a shell complete genagent's commands and flags, as in: source <(genagent completion bash)") { shell };
        command.SetAction((parsed, _) =>
        {
            host.WriteResult(CompletionScripts.All[parsed.GetRequiredValue(shell)]);
            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }
}
