using System.Text.Json.Nodes;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Tests.Sft;
using GenAgent.Trajectories;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>The trainer learns from rollouts that another program made: here those of an earlier run, as the gateway would have recorded them.</summary>
public sealed class RecordedCollectorTests : IDisposable
{
    private static readonly GrpoOptions Options = TinyPolicy.Options with { Kept = TinyPolicy.Options.Rollouts };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_recorded_trains_the_policy_as_its_own_rollouts_do()
    {
        var (made, recorded) = (Record(steps: 2), new List<string>());

        Train("learner", steps: 2, recorded).Finished.ShouldBeTrue();

        var (own, learned) = (TinyAgent.Log(made), TinyAgent.Log(_folder["learner"]));
        learned.Select(TinyPolicy.Reward).ShouldBe(own.Select(TinyPolicy.Reward), 1e-9);
        learned[0].GetProperty("policy/mismatch_max").GetDouble().ShouldBeLessThan(1e-4);
        learned[0].GetProperty("rollouts/trained").GetDouble().ShouldBe(own[0].GetProperty("rollouts/trained").GetDouble());
        recorded.ShouldNotContain(notice => notice.Contains("waits", StringComparison.Ordinal));
    }

    [Fact]
    public void A_step_that_is_taken_again_takes_the_same_rollouts()
    {
        Record(steps: 2);
        Train("whole", steps: 2);
        Train("parts", steps: 1);
        Train("parts", steps: 2);

        TinyAgent.Weights(_folder["parts"]).ShouldBe(TinyAgent.Weights(_folder["whole"]));
        string Taken(string run) => File.ReadAllText(Path.Combine(_folder[run], "rollouts", "recorded.jsonl"));
        Taken("parts").ShouldBe(Taken("whole"));
        var ids = Taken("whole").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(line => JsonNode.Parse(line)!["Groups"]!.AsArray()).SelectMany(group => group!.AsArray()).Select(id => (string)id!).ToList();
        ids.Distinct(StringComparer.Ordinal).Count().ShouldBe(ids.Count);
    }

    [Fact]
    public async Task Too_few_rollouts_or_rollouts_of_older_weights_are_waited_for_and_it_says_what_for()
    {
        Record(steps: 1);
        List<string> told = [];
        var collector = Collector(Options, "waits", told.Add, follows: true);
        using var stop = new CancellationTokenSource();
        await collector.CollectAsync(0, null!, stop.Token);

        var waits = collector.CollectAsync(7, null!, stop.Token);
        await Until.TrueAsync(() => told.Count > 0, "the collector says what it waits for");
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waits);
        told.ShouldHaveSingleItem().ShouldContain("step 7 waits for 3 more groups of 6 rewarded rollouts");
    }

    [Fact]
    public async Task Conversations_of_one_rollout_are_one_entry_of_its_group_and_are_taken_together()
    {
        var cancelled = TestContext.Current.CancellationToken;
        Record(steps: 1);
        var file = Path.Combine(_folder["recorded"], TrajectoryFolder.FileName);
        var lines = File.ReadAllLines(file);

        // Each rollout gets a second conversation, which stands far behind the first.
        File.AppendAllLines(file, lines.Select(line =>
        {
            var other = JsonNode.Parse(line)!;
            other["id"] = $"{other["id"]}/b";
            return other.ToJsonString();
        }));

        var step = await Collector(Options, "taker", null).CollectAsync(0, null!, cancelled);

        step.Tried.ShouldAllBe(group => group.Rollouts.Count == 2 * Options.Rollouts);
        foreach (var group in step.Tried)
        {
            group.Rollouts.GroupBy(rollout => rollout.Trajectory.Task!.Key).ShouldAllBe(rollout => rollout.Count() == 2);
            group.Rollouts.ShouldAllBe(rollout => rollout.Trajectory.Trace != null);
        }
    }

    [Fact]
    public async Task A_conversation_that_comes_after_its_rollout_was_taken_is_no_rollout_of_its_own()
    {
        var cancelled = TestContext.Current.CancellationToken;
        Record(steps: 1);
        var arrivals = new RecordedArrivals(new TrajectoryFolder(_folder["recorded"]));
        (await arrivals.ReadAsync(cancelled)).ShouldBeTrue();
        arrivals.Entries.ShouldAllBe(entry => !entry.IsWhole, "more may come");
        (await arrivals.ReadAsync(cancelled)).ShouldBeTrue();
        arrivals.Entries.ShouldAllBe(entry => entry.IsWhole);
        (await arrivals.ReadAsync(cancelled)).ShouldBeFalse();
        foreach (var entry in arrivals.Entries) entry.Take();

        var file = Path.Combine(_folder["recorded"], TrajectoryFolder.FileName);
        var late = JsonNode.Parse(File.ReadLines(file).First())!;
        late["id"] = "late";
        File.AppendAllLines(file, [late.ToJsonString()]);

        (await arrivals.ReadAsync(cancelled)).ShouldBeFalse();
        arrivals.Entries.ShouldBeEmpty();
    }

    // A run whose kept rollouts become a folder of recorded ones.
    private string Record(int steps)
    {
        var run = _folder["made"];
        TinyPolicy.Train(run, Options with { KeepRollouts = steps + 1 }, TinyPolicy.Training with { Steps = steps });
        foreach (var step in Directory.EnumerateDirectories(Path.Combine(run, "rollouts")).Order(StringComparer.Ordinal))
        {
            foreach (var file in Directory.EnumerateFiles(step, "*", SearchOption.AllDirectories))
            {
                var to = Path.Combine(_folder["recorded"], Path.GetRelativePath(step, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                if (Path.GetFileName(file) is TrajectoryFolder.FileName) File.AppendAllText(to, File.ReadAllText(file));
                else File.Copy(file, to, overwrite: true);
            }
        }

        return run;
    }

    private Training.Runs.TrainingOutcome Train(string run, int steps, List<string>? notices = null) => TinyPolicy.Train(
        _folder[run], Options, TinyPolicy.Training with { Steps = steps, CheckpointEvery = 1 }, notices: notices,
        source: options => Collector(options, run, notices is null ? null : notices.Add));

    private RecordedCollector Collector(GrpoOptions options, string run, Action<string>? notice, bool follows = false) =>
        new(new TrajectoryFolder(_folder["recorded"]), options, Path.Combine(_folder[run], "rollouts", "recorded.jsonl"), TimeProvider.System)
        {
            Notice = notice, Follows = follows,
        };
}
