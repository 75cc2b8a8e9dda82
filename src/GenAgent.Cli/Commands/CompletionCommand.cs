using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands;

/// <summary>
/// <c>genagent completion SHELL</c>: a script that makes the shell complete commands and flags, through System.CommandLine's [suggest] directive.
/// </summary>
internal sealed class CompletionCommand() : CliCommand(
    "completion", "Prints a script that makes a shell complete genagent's commands and flags, as in: source <(genagent completion bash)")
{
    private readonly Argument<string> _shell = Flag.Argument("shell", "bash, zsh, fish or pwsh.", "bash", "zsh", "fish", "pwsh");

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        call.Host.WriteResult(ScriptOf(call.Get(_shell)));
        return Success;
    }

    private static string ScriptOf(string shell)
    {
        using var script = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{shell}")!);
        return script.ReadToEnd().TrimEnd('\n');
    }
}
