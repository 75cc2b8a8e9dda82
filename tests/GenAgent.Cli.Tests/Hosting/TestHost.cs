using GenAgent.Cli.Hosting;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;
using Spectre.Console.Testing;

namespace GenAgent.Cli.Tests.Hosting;

/// <summary>
/// A command line in a folder of its own, with consoles that remember, a clock that stands, and a scripted model and painter named <c>scripted</c>.
/// </summary>
internal sealed class TestHost : IDisposable
{
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public TestHost(int width = 100)
    {
        Folder = Directory.CreateTempSubdirectory("genagent-cli-").FullName;
        Output = new TestConsole().Width(width);
        Screen = new TestConsole().Width(width);
        Time.SetUtcNow(new DateTimeOffset(2026, 11, 23, 18, 30, 0, TimeSpan.Zero));
    }

    public string Folder { get; }

    public TestConsole Output { get; }

    public TestConsole Screen { get; }

    /// <summary>What was said on standard error, as one line: wherever the terminal's width broke it.</summary>
    public string Said => string.Join(' ', Screen.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public FakeTimeProvider Time { get; } = new();

    public IDictionary<string, string> Environment => _environment;

    public string Input { get; set; } = string.Empty;

    public ScriptedAgent Agent { get; set; } = new();

    public ScriptedPainter Painter { get; set; } = new();

    public ScriptedAgent Judge { get; set; } = new();

    public string? UserSecretsFile { get; set; }

    /// <summary>Runs a command line; <c>--agent</c> and <c>--generator</c> are the scripted ones unless the environment says otherwise.</summary>
    public async Task<ExitCode> RunAsync(string[] arguments, CancellationToken cancellationToken = default)
    {
        _environment.TryAdd("GENAGENT_Backends__Agent", "scripted");
        _environment.TryAdd("GENAGENT_Backends__Generator", "scripted");
        return await CliApp.RunAsync(arguments, Host(), cancellationToken);
    }

    public Task<ExitCode> RunAsync(params string[] arguments) => RunAsync(arguments, CancellationToken.None);

    public CliHost Host() => new()
    {
        Output = Output,
        Screen = Screen,
        Input = new StringReader(Input),
        Time = Time,
        WorkingFolder = Folder,
        Environment = _environment,
        UserSecretsFile = UserSecretsFile,
        FreshSeed = () => 7,
        AddBackends = registry => registry.AddMicroWorld()
            .AddChatClient(new BackendScheme("scripted", BackendForm.NameOnly, "scripted", "a script"), (_, _) => new(Agent))
            .AddChatClient(new BackendScheme("judge", BackendForm.NameOnly, "judge", "a script"), (_, _) => new(Judge))
            .AddImageGenerator(new BackendScheme("scripted", BackendForm.NameOnly, "scripted", "a script"), (_, _) => new ValueTask<IImageGenerator>(Painter)),
    };

    public string Write(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Everything that was written, with the folder's name taken out.</summary>
    public string Transcript(ExitCode code) =>
        $"exit {(int)code}\n--- standard output\n{Clean(Output.Output)}\n--- standard error\n{Clean(Screen.Output)}";

    public string[] OutputLines => Output.Output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose()
    {
        Output.Dispose();
        Screen.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private string Clean(string text) => text.Replace(Folder, "FOLDER", StringComparison.Ordinal);
}
