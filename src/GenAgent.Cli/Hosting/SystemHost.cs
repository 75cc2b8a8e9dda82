using System.Globalization;
using System.Text;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Storage;
using Microsoft.Extensions.Configuration.UserSecrets;
using Spectre.Console;

namespace GenAgent.Cli.Hosting;

/// <summary>The host of a real process: its console, clock, folder and environment.</summary>
internal static class SystemHost
{
    // A pipe has no width. Tables need one; whole lines, such as paths and JSON, are never wrapped by it.
    private const int WidthWithoutTerminal = 120;

    public static CliHost Create(StandardStreams streams, Func<ExitCode> stoppedBy)
    {
        if (!Console.IsOutputRedirected || !OperatingSystem.IsWindows())
        {
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        }

        var environment = HostEnvironment.ReadVariables();
        return new CliHost
        {
            Output = CreateConsole(streams.Output, Console.IsOutputRedirected, environment),
            Screen = CreateConsole(streams.Error, Console.IsErrorRedirected, environment),
            // A pipe is read as a file is: bytes that are no text are refused, and a byte order mark is none of it.
            Input = streams.Input != TextReader.Null && Console.IsInputRedirected ? TextFile.Open(Console.OpenStandardInput()) : streams.Input,
            Time = TimeProvider.System,
            WorkingFolder = WorkingFolder(),
            Environment = environment,
            UserSecretsFile = SecretsFile(),
            FreshSeed = HostEnvironment.NewSeed,
            AddBackends = registry => registry.AddMicroWorld(),
            StoppedBy = stoppedBy,
        };
    }

    private static string WorkingFolder()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Storage, "The working folder does not exist any more, or may not be read: change to another one (cd).", gone);
        }
    }

    private static string? SecretsFile()
    {
        try
        {
            return PathHelper.GetSecretsPathFromSecretsId(Settings.UserSecretsId);
        }
        catch (InvalidOperationException)
        {
            // The user has no home folder, and so no secrets in it.
            return null;
        }
    }

    private static IAnsiConsole CreateConsole(TextWriter writer, bool redirected, IReadOnlyDictionary<string, string> environment)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        console.Profile.Capabilities.Unicode = true;
        if (redirected)
        {
            console.Profile.Width = int.TryParse(environment.GetValueOrDefault("COLUMNS"), CultureInfo.InvariantCulture, out var columns)
                && columns > 0 ? columns : WidthWithoutTerminal;
        }

        return console;
    }
}
