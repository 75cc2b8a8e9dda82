using System.Globalization;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Synthesis by the real command line, killed with no warning and resumed: the data is that of a run that was left alone.</summary>
public sealed class SynthesisKillTests : IDisposable
{
    private const int Count = 120;
    private const int Kills = 20;

    // The last kill leaves so much to do that no run ends before it.
    private const int LastKill = 95;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Data_that_is_killed_at_twenty_random_moments_is_the_data_of_a_run_that_was_not()
    {
        await FinishAsync("whole");

        var moments = new Random(20261128);
        foreach (var goal in Enumerable.Range(0, Kills).Select(_ => moments.Next(LastKill)).Order())
        {
            using var run = CliProcess.Start(_folder.Path, Synth("killed"));
            var early = Folder("killed").Lines.Length >= goal;
            await run.UntilAsync(() => early || Folder("killed").Lines.Length >= goal);
            (await run.KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(early ? 1000 : 10))))
                .ShouldBeFalse($"the run was to be killed at trajectory {goal}, but had ended by then. {run.Errors}");
        }

        await FinishAsync("killed");

        Folder("whole").Lines.Length.ShouldBe(Count);
        Folder("killed").RequireSame(Folder("whole"));
    }

    private static string[] Synth(string folder) =>
        ["data", "synth", "--generator", "canvas", "--count", Count.ToString(CultureInfo.InvariantCulture), "--jobs", "3", "--out", folder];

    private async Task FinishAsync(string folder)
    {
        using var run = CliProcess.Start(_folder.Path, Synth(folder));
        (await run.WaitAsync()).ShouldBe(0, run.Errors);
    }

    private SynthesizedFolder Folder(string name) => new(_folder[name]);
}
