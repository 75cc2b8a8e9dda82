using GenAgent.Training.Tests.Runs;

namespace GenAgent.Training.Tests.Sft;

public sealed class KilledRunTests
{
    private const string FolderVariable = "GENAGENT_KILLED_RUN";

    // Steps after which the process is killed: somewhere in the next step, or while a checkpoint is written.
    private static readonly int[] Kills = [1, 4, 7, 8];

    [Fact]
    public void A_run_that_is_killed_again_and_again_ends_with_the_very_weights_of_one_that_is_not()
    {
        using var whole = new TemporaryFolder();
        using var killed = new TemporaryFolder();
        TinyAgent.Train(whole.Path, Options);
        foreach (var step in Kills) RunChild(killed.Path, killAfter: step).ShouldNotBe(0);
        RunChild(killed.Path, killAfter: int.MaxValue).ShouldBe(0);

        TinyAgent.Weights(killed.Path).ShouldBe(TinyAgent.Weights(whole.Path));
        TinyAgent.Log(killed.Path).ConvertAll(entry => entry.GetProperty("step").GetInt64())
            .ShouldBe(TinyAgent.Log(whole.Path).ConvertAll(entry => entry.GetProperty("step").GetInt64()));
    }

    /// <summary>What the other process runs; by itself it does nothing.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { } folder) return;
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        TinyAgent.Train(folder, Options, progress: p => output.WriteLine($"step:{p.Step}"));

        // The test runner would wait for threads of libtorch that never end.
        Environment.Exit(0);
    }

    private static GenAgent.Training.Sft.SftTrainerOptions Options =>
        TinyAgent.Options with { Training = TinyAgent.Options.Training with { CheckpointEvery = 1 } };

    private static int RunChild(string folder, int killAfter) => KilledChild.Run(typeof(KilledRunTests), FolderVariable, folder, killAfter);
}
