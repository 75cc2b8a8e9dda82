using GenAgent.Running.Sharing;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Tests.Runs;
using GenAgent.Training.Tests.Sft;
using GenAgent.Trajectories;

namespace GenAgent.Training.Tests.Grpo;

public sealed class GrpoTrainerTests
{
    private const string FolderVariable = "GENAGENT_KILLED_RL_RUN";

    [Theory]
    [InlineData(PolicyLossKind.ClippedRatio, 0)]
    [InlineData(PolicyLossKind.Gspo, 0)]
    [InlineData(PolicyLossKind.Cispo, 0)]
    [InlineData(PolicyLossKind.Rejection, 0)]
    [InlineData(PolicyLossKind.ClippedRatio, 1)]
    public void A_policy_learns_what_is_rewarded(PolicyLossKind loss, int staleness)
    {
        using var folder = new TemporaryFolder();

        TinyPolicy.Train(
            folder.Path, TinyPolicy.Options with { Loss = loss, MaxStaleness = staleness, Entropy = 0.001, Kl = loss == PolicyLossKind.Gspo ? 0.001 : 0 },
            TinyPolicy.Training with { Steps = staleness == 0 ? 12 : 20 }).Finished.ShouldBeTrue();

        var rewards = TinyAgent.Log(folder.Path).Where(entry => entry.TryGetProperty("reward", out _)).Select(TinyPolicy.Reward).ToList();
        rewards.TakeLast(3).Average().ShouldBeGreaterThan(rewards.Take(3).Average() + 0.08, string.Join(' ', rewards));
    }

    [Fact]
    public void On_policy_the_trainer_computes_the_probabilities_that_were_sampled_from()
    {
        using var folder = new TemporaryFolder();

        TinyPolicy.Train(folder.Path, training: TinyPolicy.Training with { Steps = 3 });

        foreach (var entry in TinyAgent.Log(folder.Path)) entry.GetProperty("policy/mismatch_max").GetDouble().ShouldBeLessThan(1e-4);
    }

    [Fact]
    public void A_failed_judge_is_no_reward_of_zero_but_leaves_the_rollout_out_and_says_so()
    {
        using var folder = new TemporaryFolder();
        List<string> notices = [];

        TinyPolicy.Train(folder.Path, training: TinyPolicy.Training with { Steps = 1 }, reward: new NeverJudged(), notices: notices);

        var entry = TinyAgent.Log(folder.Path).Single();
        entry.GetProperty("rollouts/excluded").GetDouble().ShouldBe(1);
        entry.TryGetProperty("reward", out _).ShouldBeFalse();
        notices.ShouldContain(notice => notice.Contains("rollouts do not count", StringComparison.Ordinal));
        notices.ShouldContain(notice => notice.Contains("nothing was learned", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_is_killed_at_any_moment_and_resumed_ends_with_the_same_weights_and_makes_no_finished_rollout_again()
    {
        using var whole = new TemporaryFolder();
        using var killed = new TemporaryFolder();
        TinyPolicy.Train(whole.Path, training: Short);
        foreach (var step in (int[])[1, 2]) RunChild(killed.Path, killAfter: step).ShouldNotBe(0);
        RunChild(killed.Path, killAfter: int.MaxValue).ShouldBe(0);

        TinyAgent.Weights(killed.Path).ShouldBe(TinyAgent.Weights(whole.Path));
        var ids = Directory.EnumerateFiles(Path.Combine(killed.Path, "rollouts"), "trajectories.jsonl", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()).ToList();
        ids.Distinct(StringComparer.Ordinal).Count().ShouldBe(ids.Count);
    }

    [Fact]
    public async Task Rollouts_that_workers_make_train_the_same_weights_as_those_of_one_process()
    {
        using var alone = new TemporaryFolder();
        using var owner = new TemporaryFolder();
        var training = TinyPolicy.Training with { Steps = 3 };
        TinyPolicy.Train(alone.Path, training: training);

        await using var shared = await SharedRollouts.OpenAsync(owner["board"], workers: 2);
        TinyPolicy.Train(owner.Path, training: training, shared: shared);

        TinyAgent.Weights(owner.Path).ShouldBe(TinyAgent.Weights(alone.Path));
        shared.Done.ShouldBe(3 * TinyPolicy.Options.Prompts * TinyPolicy.Options.Rollouts);
    }

    [Fact]
    public async Task A_worker_s_rollout_of_other_weights_than_the_step_s_does_not_count()
    {
        using var owner = new TemporaryFolder();
        await using var shared = await SharedRollouts.OpenAsync(owner["board"], workers: 2, Older);
        TinyPolicy.Train(owner.Path, training: TinyPolicy.Training with { Steps = 2 }, shared: shared);

        var step = Path.Combine(owner.Path, "rollouts", "step-0000001");
        List<Trajectory> made = [];
        await foreach (var one in new TrajectoryFolder(step).ReadAllAsync(null, TestContext.Current.CancellationToken)) made.Add(one);
        foreach (var one in made)
        {
            if (one.Id.EndsWith("/0", StringComparison.Ordinal)) one.Excluded.ShouldBe("sampled by weights of version 0, but step 1 needs 1");
            else one.Excluded.ShouldBeNull();
        }

        made.Count(one => one.Excluded is not null).ShouldBe(TinyPolicy.Options.Prompts);

        // As from an engine that missed the update: the first sample of each group.
        static ReadOnlyMemory<byte> Older(string key, ReadOnlyMemory<byte> result)
        {
            var package = ResultPackage.Read(result);
            if (!key.EndsWith("/0", StringComparison.Ordinal)) return result;
            var trace = package.Trajectory!.Trace!;
            return (package with
            {
                Trajectory = package.Trajectory with { Trace = trace with { Turns = [.. trace.Turns.Select(turn => turn with { PolicyVersion = "0" })] } },
            }).Write();
        }
    }

    [Fact]
    public void Rollouts_of_other_settings_are_not_taken_for_a_step_s_own()
    {
        using var folder = new TemporaryFolder();
        TinyPolicy.Train(folder.Path, training: TinyPolicy.Training with { Steps = 1 });
        Directory.Delete(Path.Combine(folder.Path, "checkpoints"), recursive: true);

        var refused = Should.Throw<ArgumentException>(() => TinyPolicy.Train(folder.Path, training: TinyPolicy.Training with { Steps = 1, Seed = 4 }));

        refused.Message.ShouldContain("step-0000000");
        refused.Message.ShouldContain("seed was 3, now 4");
    }

    /// <summary>What the other process runs; by itself it does nothing.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { } folder) return;
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        TinyPolicy.Train(folder, training: Short, progress: p => output.WriteLine($"step:{p.Step}"));
        Environment.Exit(0);
    }

    private static Training.Runs.TrainingOptions Short => TinyPolicy.Training with { Steps = 4, CheckpointEvery = 1 };

    private static int RunChild(string folder, int killAfter) => KilledChild.Run(typeof(GrpoTrainerTests), FolderVariable, folder, killAfter);

    private sealed class NeverJudged : IReward
    {
        public string Name => "never";

        public ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken) => throw new RewardFailedException("the judge is down");
    }
}
