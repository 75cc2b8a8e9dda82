using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval</c>: how well generators and agents do.</summary>
internal sealed class EvalCommand : ICliCommand
{
    private static readonly ICliCommand[] Parts = [new EvalRun(), new EvalList(), new EvalPull(), new EvalRescore(), new EvalCompare(), new EvalJudgeCheck(), new EvalProperties(), new EvalMicro()];

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command("eval", "Evaluates generators and agents, and compares evaluations.");
        foreach (var part in Parts)
        {
            command.Subcommands.Add(part.Build(host, flags));
        }

        return command;
    }
}
