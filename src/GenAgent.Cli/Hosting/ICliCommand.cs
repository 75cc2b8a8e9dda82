using System.CommandLine;

namespace GenAgent.Cli.Hosting;

/// <summary>A command of <c>genagent</c>: one file that implements this, and one line in <see cref="Commands.CommandList"/>.</summary>
internal interface ICliCommand
{
    /// <summary>
    /// The command with its flags and its action, which throws <see cref="CliException"/> (or any exception that <see cref="ExitCodes"/> knows) to fail.
    /// </summary>
    Command Build(CliHost host, GlobalFlags flags);
}
