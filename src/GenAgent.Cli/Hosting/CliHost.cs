using System.Text.Json;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Server;
using GenAgent.Server.Environments;
using GenAgent.Server.Gateway;
using GenAgent.Storage;
using GenAgent.Telemetry;
using Spectre.Console;

namespace GenAgent.Cli.Hosting;

/// <summary>
/// All that comes from outside of the process, so that a test can bring its own. Results go to <see cref="Output"/>, everything else that people read to
/// <see cref="Screen"/>.
/// </summary>
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
        new Dictionary<string, Type>(OptionSections.All, StringComparer.OrdinalIgnoreCase)
        {
            [RunOptions.SectionName] = typeof(RunOptions),
            [ServerOptions.SectionName] = typeof(ServerOptions),
            [GatewayOptions.SectionName] = typeof(GatewayOptions),
            [EnvironmentOptions.SectionName] = typeof(EnvironmentOptions),
            [RemoteRolloutOptions.SectionName] = typeof(RemoteRolloutOptions),
        };

    /// <summary>Whether the running command, once stopped, is resumed by the same call.</summary>
    public bool SameCommandResumes { get; set; }

    /// <summary>What nothing may say: the secrets of the environment, and those of the configuration as soon as it is read.</summary>
    public SecretMask Mask
    {
        get => field ??= Secrets.MaskOf(this);
        set;
    }

    /// <summary>Writes a result for programs: one JSON object on a line.</summary>
    public void WriteJson(object result) => WriteResult(JsonSerializer.Serialize(result, SnakeCaseJson.Options));

    /// <summary>Writes one line of a result, never wrapped; secrets are blotted out, and control characters are written as JSON escapes them.</summary>
    public void WriteResult(string line)
    {
        Output.Profile.Out.Writer.WriteLine(TerminalText.Escape(line.StartsWith('{') ? Mask.Mask(line) : Mask.MaskValues(line)));
        Output.Profile.Out.Writer.Flush();
    }

    /// <summary>Writes one line of a result for people, never wrapped; without secrets and control characters.</summary>
    public void WriteText(string line) => Output.Profile.Out.Writer.WriteLine(TerminalText.Clean(Mask.Mask(line)));

    /// <summary>Says one line to people, never wrapped; without secrets and control characters, whoever wrote it.</summary>
    public void Say(string line) => Screen.Profile.Out.Writer.WriteLine(TerminalText.Clean(Mask.Mask(line)));

    /// <summary>Guards both consoles until it is disposed of: whatever is drawn on them is cleaned and masked.</summary>
    public IDisposable GuardConsoles()
    {
        var hook = new SafeConsole(() => Mask);
        Output.Pipeline.Attach(hook);
        Screen.Pipeline.Attach(hook);
        return new Guarded(this, hook);
    }

    private sealed class Guarded(CliHost host, SafeConsole hook) : IDisposable
    {
        public void Dispose()
        {
            host.Output.Pipeline.Detach(hook);
            host.Screen.Pipeline.Detach(hook);
        }
    }
}
