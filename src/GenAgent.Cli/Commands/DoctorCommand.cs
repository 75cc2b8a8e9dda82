using System.CommandLine;
using GenAgent.Cli.Doctor;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Doctor;
using Spectre.Console;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent doctor</c>: what works here, what does not, and how to mend it.</summary>
internal sealed class DoctorCommand(IReadOnlyList<ICheck>? checks = null) : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var command = new Command("doctor", "Checks runtime, native libraries, GPU, disk and backends, and says how to mend what is broken.") { json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = flags.Read(host, parsed);
            var context = new CheckContext(host, settings, BackendComposition.Create(host, settings));
            var findings = new List<(string Check, Finding Finding)>();
            foreach (var check in checks ?? CheckList.All)
            {
                var finding = await LookAsync(check, context, cancellationToken);
                findings.Add((check.Name, finding));
                if (!parsed.GetValue(json))
                {
                    Show(host.Output, check.Name, finding);
                }
            }

            var faults = findings.Count(found => found.Finding.Level == FindingLevel.Fault);
            if (parsed.GetValue(json))
            {
                var shown = findings.Select(found => new { check = found.Check, level = found.Finding.Level, detail = found.Finding.Detail, fix = found.Finding.Fix });
                host.WriteJson(new { schema = "genagent.doctor/1", faults, checks = shown });
            }
            else
            {
                host.Output.WriteLine(faults == 0 ? "Everything that is configured works." : $"{faults} {(faults == 1 ? "fault" : "faults")}.");
            }

            return (int)(faults == 0 ? ExitCode.Success : ExitCode.CheckFailed);
        });
        return command;
    }

    private static async Task<Finding> LookAsync(ICheck check, CheckContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await check.RunAsync(context, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return Finding.Fault(context.Settings.SecretMask.Mask(ErrorMessages.Of(e)), "Do what the sentence before says, and run genagent doctor again.");
        }
    }

    private static void Show(IAnsiConsole console, string name, Finding finding)
    {
        var (mark, colour) = finding.Level switch
        {
            FindingLevel.Ok => ("ok   ", Color.Green),
            FindingLevel.Note => ("note ", Color.Yellow),
            _ => ("FAULT", Color.Red),
        };
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().Width(5)).AddColumn(new GridColumn().NoWrap().Width(12)).AddColumn(new GridColumn().PadRight(0));
        grid.AddRow(new Text(mark, colour), new Text(name), new Text(TerminalText.Clean(finding.Detail)));
        if (finding.Fix is { } fix)
        {
            grid.AddRow(Text.Empty, Text.Empty, new Text($"→ {fix}", Color.Grey));
        }

        console.Write(grid);
    }
}
