using System.Globalization;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>
/// A run that four processes share, its owner and three workers, of which any is killed with no warning at any moment and started again: the data is that of
/// a run by one process that was left alone.
/// </summary>
public sealed class SharedKillTests : IDisposable
{
    private const int Count = 400;
    private const int Kills = 32;

    // The last kill leaves so much to do that the run does not end before it.
    private const int LastKill = 340;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killing_any_process_at_any_moment_loses_and_doubles_nothing()
    {
        await using var postgres = await Postgres.TryStartAsync();
        var database = postgres?.Url ?? "board";
        using (var whole = CliProcess.Start(_folder.Path, Synth("whole"))) (await whole.WaitAsync()).ShouldBe(0, whole.Errors);
        string[] worker = ["worker", "--database", database, "--jobs", "2", "--set", "Server:LeaseSeconds=1"];
        string[] owner = [.. Synth("shared"), "--share", database, "--jobs", "1", "--set", "Server:LeaseSeconds=1"];
        var shared = new SynthesizedFolder(_folder["shared"]);
        CliProcess[] processes = [CliProcess.Start(_folder.Path, owner), .. Enumerable.Range(0, 3).Select(_ => CliProcess.Start(_folder.Path, worker))];
        try
        {
            var moments = new Random(20261130);
            foreach (var goal in Enumerable.Range(0, Kills).Select(_ => moments.Next(LastKill)).Order())
            {
                await processes[0].UntilAsync(() => shared.Lines.Length >= goal);
                var victim = moments.Next(processes.Length);
                (await processes[victim].KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(60)))).ShouldBeFalse(
                    $"process {victim} was to be killed at trajectory {goal}, but had ended by then. {processes[victim].Errors}");
                processes[victim].Dispose();
                processes[victim] = CliProcess.Start(_folder.Path, victim == 0 ? owner : worker);
            }

            (await processes[0].WaitAsync()).ShouldBe(0, processes[0].Errors);
            foreach (var one in processes.Skip(1)) one.Signal("TERM");
            foreach (var one in processes.Skip(1)) (await one.WaitAsync()).ShouldBe(0, one.Errors);
        }
        finally
        {
            foreach (var one in processes) one.Dispose();
        }

        shared.Lines.Length.ShouldBe(Count);
        shared.RequireSame(new(_folder["whole"]));
    }

    private static string[] Synth(string folder) =>
        ["data", "synth", "--generator", "canvas", "--count", Count.ToString(CultureInfo.InvariantCulture), "--out", folder];
}
