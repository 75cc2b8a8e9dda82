using GenAgent.Models;
using Spectre.Console;

namespace GenAgent.Cli.Hosting;

/// <summary>All that comes from outside of the process, so that a test can bring its own. Results go to <see cref="Output"/>, everything else that people read to <see cref="Screen"/>.</summary>
internal sealed class CliHost
{
    /// <summary>Standard output: what was asked for, and nothing else.</summary>
    public required IAnsiConsole Output { get; init; }

    /// <summary>Standard error: progress, the live view, warnings and errors.</summary>
    public required IAnsiConsole Screen { get; init; }

    public required TextReader Input { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>What relative paths are relative to.</summary>
    public required string WorkingFolder { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The file that holds the user's secrets; null for none.</summary>
    public string? UserSecretsFile { get; init; }

    /// <summary>A number that no run before had: the root seed when the user gives none.</summary>
    public required Func<ulong> FreshSeed { get; init; }

    /// <summary>Adds kinds of backends beside the built-in ones.</summary>
    public Action<BackendRegistry>? AddBackends { get; init; }

    /// <summary>What the process ends with when it is told to stop.</summary>
    public Func<ExitCode> StoppedBy { get; init; } = () => ExitCode.Cancelled;

    /// <summary>Writes one line of a result as it is, never wrapped.</summary>
    public void WriteResult(string line)
    {
        Output.Profile.Out.Writer.WriteLine(line);
        Output.Profile.Out.Writer.Flush();
    }

    /// <summary>The path as the user would write it, from the working folder.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, WorkingFolder);

    /// <summary>The path relative to the working folder where it lies below it, else whole.</summary>
    public string ShownPath(string path)
    {
        var relative = Path.GetRelativePath(WorkingFolder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
