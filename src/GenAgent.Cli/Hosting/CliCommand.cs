using System.CommandLine;
using System.Reflection;

namespace GenAgent.Cli.Hosting;

/// <summary>A command: its name, what it is for, and what it does. The arguments and flags are the fields of its class, in their order.</summary>
internal abstract class CliCommand(string name, string description) : ICliCommand
{
    /// <summary>What a command returns that did all at once.</summary>
    protected static Task<ExitCode> Success { get; } = Task.FromResult(ExitCode.Success);

    /// <summary>Whether the same call resumes the command after a stop, which is then said.</summary>
    protected virtual bool SameCallResumes => false;

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var command = new Command(name, description);
        new OwnFlags(this).AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = SameCallResumes;
            return (int)await RunAsync(new(host, flags, parsed, cancellationToken));
        });
        return command;
    }

    /// <summary>Does what was asked for. Throws <see cref="CliException"/>, or any exception that <see cref="ExitCodes"/> knows, to fail.</summary>
    protected abstract Task<ExitCode> RunAsync(CliCall call);

    private sealed class OwnFlags(CliCommand owner) : FlagGroup
    {
        public override IEnumerable<Symbol> Symbols => owner.GetType()
            .GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .OrderBy(one => one.MetadataToken)
            .Select(one => one.GetValue(owner))
            .SelectMany(value => value switch { Symbol symbol => [symbol], FlagGroup group => group.Symbols, _ => (IEnumerable<Symbol>)[] });
    }
}

/// <summary>Flags that several commands share: a field of theirs.</summary>
internal abstract class FlagGroup
{
    public abstract IEnumerable<Symbol> Symbols { get; }

    public void AddTo(Command command)
    {
        foreach (var symbol in Symbols)
        {
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else command.Options.Add((Option)symbol);
        }
    }
}
