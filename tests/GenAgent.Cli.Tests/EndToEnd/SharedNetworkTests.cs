using System.Globalization;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>A run that five machines work on, of which one dies, one loses its network for a while, and one is slow.</summary>
public sealed class SharedNetworkTests : IDisposable
{
    private const int Count = 100;
    private const int Dying = 1;
    private const int Cut = 2;
    private const int Slow = 5;
    private const string Stub = "http://127.0.0.1:8010";
    private const string Teacher = $"openai:fake-vl@{Stub}/v1";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Five_machines_make_the_data_of_one_though_one_dies_one_is_cut_off_and_one_is_slow()
    {
        var (machines, why) = NetworkNamespaces.TryCreate(others: 5);
        using var made = machines;
        if (machines is null) Assert.Skip($"{why}: it takes root and iproute2.");
        await using var postgres = await Postgres.TryStartAsync(NetworkNamespaces.Network, machines!.Hub);
        if (postgres is null) Assert.Skip("There is no PostgreSQL on this system (apt-get install postgresql).");
        List<IDisposable> owned = [];
        try
        {
            // The same address everywhere, and another server behind it.
            // That of the machine that is cut off takes its time, so that it has tasks in its hands at any moment.
            for (var number = 1; number <= 5; number++)
            {
                var delay = number switch { Slow => "2500", Cut => "1000", _ => "250" };
                owned.Add(await FakeServer.StartThroughAsync(machines.At(number), "chat", delay, Stub));
            }

            using (var whole = CliProcess.StartThrough(_folder.Path, machines.At(1), [.. Synth("whole"), "--jobs", "20"]))
                (await whole.WaitAsync()).ShouldBe(0, whole.Errors);

            var database = postgres!.UrlAt(NetworkNamespaces.HubAddress);
            var shared = new SynthesizedFolder(_folder["shared"]);
            List<CliProcess> workers = [];
            for (var number = 1; number <= 5; number++)
            {
                workers.Add(CliProcess.StartThrough(
                    _folder.Path, machines.At(number), ["worker", "--database", database, "--jobs", "2", "--allow", Teacher, .. Lease]));
                owned.Add(workers[^1]);
            }

            // The run begins when all are there: however slowly one starts, it has its part.
            foreach (var worker in workers) await worker.UntilAsync(() => worker.Errors.Contains("Working;", StringComparison.Ordinal));
            using var owner = CliProcess.StartThrough(_folder.Path, machines.Hub, [.. Synth("shared"), "--jobs", "0", "--share", database, .. Lease]);
            await owner.UntilAsync(() => workers.TrueForAll(worker => worker.Errors.Contains("Working on run", StringComparison.Ordinal))
                && shared.Lines.Length >= 10);
            (await workers[Dying - 1].KillAfterAsync(TimeSpan.Zero)).ShouldBeFalse();
            machines.Cable(Cut, isIn: false);
            var before = shared.Lines.Length;

            // What the machine without a network has in its hands is done by others meanwhile.
            await owner.UntilAsync(() => shared.Lines.Length >= Math.Min(before + 50, Count - 5));
            machines.Cable(Cut, isIn: true);
            await workers[Cut - 1].UntilAsync(() => workers[Cut - 1].Errors.Contains("the lease was lost", StringComparison.Ordinal));
            (await owner.WaitAsync()).ShouldBe(0, owner.Errors);

            foreach (var worker in workers.Where((_, index) => index != Dying - 1)) worker.Signal("TERM");
            foreach (var worker in workers.Where((_, index) => index != Dying - 1)) (await worker.WaitAsync()).ShouldBe(0, worker.Errors);
            workers[Slow - 1].Errors.ShouldNotContain(": 0 done", customMessage: "a slow machine keeps what it has taken");
            workers[Slow - 1].Errors.ShouldNotContain("the lease was lost");
            shared.Lines.Length.ShouldBe(Count);
            shared.RequireSame(new(_folder["whole"]));
        }
        finally
        {
            foreach (var one in owned) one.Dispose();
        }
    }

    private static string[] Lease => ["--set", "Server:LeaseSeconds=2"];

    private static string[] Synth(string folder) =>
        ["data", "synth", "--teacher", Teacher, "--generator", "canvas", "--count", Count.ToString(CultureInfo.InvariantCulture), "--out", folder];
}
