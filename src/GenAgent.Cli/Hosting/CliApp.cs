using System.CommandLine;
using System.CommandLine.Help;
using GenAgent.Cli.Commands;
using Spectre.Console;

namespace GenAgent.Cli.Hosting;

/// <summary>Runs a command line from parsing to exit code. Nothing is thrown: every error is a line on the screen and a number.</summary>
internal static class CliApp
{
    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, CliHost host, CancellationToken cancellationToken)
    {
        using var guarded = host.GuardConsoles();
        var flags = new GlobalFlags();
        var parsed = BuildRoot(host, flags).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            // A directive, such as [suggest] of shell completion, is asked about lines that are not finished.
            var directive = arguments is [{ } first, ..] && first.StartsWith("[suggest", StringComparison.Ordinal);
            if (parsed.Errors.Count > 0 && !directive && parsed.Action is not HelpAction)
            {
                if (UsageErrors.OnlyCommandMissing(parsed))
                {
                    return await RunAsync([.. arguments, "--help"], host, cancellationToken);
                }

                throw new CliException(ExitCode.Usage, UsageErrors.Text(parsed));
            }

            var code = await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                    Output = host.Output.Profile.Out.Writer,
                    Error = host.Screen.Profile.Out.Writer,
                },
                cancellationToken);
            return (ExitCode)code;
        }
        catch (Exception e)
        {
            Report(host, e, parsed.GetValue(flags.Verbose));

            // Nobody can read a result on a terminal that is gone; what was made is kept.
            return e is IOException && cancellationToken.IsCancellationRequested
                && host.StoppedBy() == ExitCode.HungUp ? ExitCode.HungUp : ExitCodes.Of(e, host);
        }
    }

    internal static RootCommand BuildRoot(CliHost host, GlobalFlags flags)
    {
        var root = new RootCommand(
            "An agent that makes images: it thinks, calls an image generator, looks at what comes back, and tries again until it is right.")
        {
            HelpName = "genagent",
        };
        flags.AddTo(root);
        foreach (var command in CommandList.All)
        {
            root.Subcommands.Add(command.Build(host, flags));
        }

        return root;
    }

    private static void Report(CliHost host, Exception exception, bool verbose)
    {
        if (exception is OperationCanceledException and not Agents.RunCanceledException)
        {
            host.Screen.MarkupLine(host.SameCommandResumes ? "[yellow]stopped[/]: the same command resumes it" : "[yellow]stopped[/]");
            return;
        }

        var text = verbose ? exception.ToString() : ExitCodes.MessageOf(exception);
        WriteWrapped(host.Screen, "error: ", TerminalText.Clean(host.Mask.Mask(text)));
        if (ExitCodes.Of(exception, host) == ExitCode.Failed && !verbose)
        {
            WriteWrapped(host.Screen, string.Empty,
                $"This is a {exception.GetType().Name} that genagent did not expect. Run again with --verbose to see where it comes from.");
        }
    }

    // Words are kept whole in a terminal; in a log file a message is one line, to be searched for.
    private static void WriteWrapped(IAnsiConsole screen, string head, string text)
    {
        if (screen.Profile.Capabilities.Ansi)
        {
            screen.Write(new Paragraph().Append(head, new Style(Color.Red, decoration: Decoration.Bold)).Append(text));
            screen.WriteLine();
        }
        else
        {
            screen.Profile.Out.Writer.WriteLine(head + text);
        }
    }
}
