using System.CommandLine;
using GenAgent.Cli.Doctor;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Doctor;
using Spectre.Console;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent doctor</c>: what works here, what does not, and how to mend it.</summary>
internal sealed class DoctorCommand(IReadOnlyList<ICheck>? checks = null)
    : CliCommand("doctor", "Checks runtime, native libraries, GPU, disk and backends, and says how to mend what is broken.")
{
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, settings) = (call.Host, call.Settings());
        var context = new CheckContext(host, settings, BackendComposition.Create(host, settings));
        var findings = new List<(string Check, Finding Finding)>();
        foreach (var check in checks ?? CheckList.All)
        {
            var finding = await Finding.OfAsync(check, context, call.CancellationToken);
            findings.Add((check.Name, finding));
            if (!call.Get(_json)) Show(host.Output, check.Name, finding);
        }

        var faults = findings.Count(found => found.Finding.Level == FindingLevel.Fault);
        var shown = findings.Select(found => new { check = found.Check, level = found.Finding.Level, detail = found.Finding.Detail, fix = found.Finding.Fix });
        call.Write(
            _json, new { schema = "genagent.doctor/1", faults, checks = shown },
            () => host.Output.WriteLine(faults == 0 ? "Everything that is configured works." : $"{faults} {(faults == 1 ? "fault" : "faults")}."));
        return faults == 0 ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private static void Show(IAnsiConsole console, string name, Finding finding)
    {
        var (mark, colour) = finding.Level switch
        {
            FindingLevel.Ok => ("ok   ", Color.Green),
            FindingLevel.Note => ("note ", Color.Yellow),
            _ => ("FAULT", Color.Red),
        };
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().Width(5)).AddColumn(new GridColumn().NoWrap().Width(12))
            .AddColumn(new GridColumn().PadRight(0));
        grid.AddRow(new Text(mark, colour), new Text(name), new Text(TerminalText.Clean(finding.Detail)));
        if (finding.Fix is { } fix) grid.AddRow(Text.Empty, Text.Empty, new Text($"→ {fix}", Color.Grey));
        console.Write(grid);
    }
}
