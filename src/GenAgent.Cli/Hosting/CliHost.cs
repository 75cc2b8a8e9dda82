using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using Spectre.Console;

namespace GenAgent.Cli.Hosting;

/// <summary>All that comes from outside of the process, so that a test can bring its own. Results go to <see cref="Output"/>, everything else that people read to <see cref="Screen"/>.</summary>
internal sealed class CliHost : HostEnvironment
{
    /// <summary>Standard output: what was asked for, and nothing else.</summary>
    public required IAnsiConsole Output { get; init; }

    /// <summary>Standard error: progress, the live view, warnings and errors.</summary>
    public required IAnsiConsole Screen { get; init; }

    public required TextReader Input { get; init; }

    /// <summary>What the process ends with when it is told to stop.</summary>
    public Func<ExitCode> StoppedBy { get; init; } = () => ExitCode.Cancelled;

    public override IReadOnlyDictionary<string, Type> Sections { get; } =
        new Dictionary<string, Type>(OptionSections.All, StringComparer.OrdinalIgnoreCase) { [RunOptions.SectionName] = typeof(RunOptions) };

    /// <summary>Writes one line of a result as it is, never wrapped.</summary>
    public void WriteResult(string line)
    {
        Output.Profile.Out.Writer.WriteLine(line);
        Output.Profile.Out.Writer.Flush();
    }
}
