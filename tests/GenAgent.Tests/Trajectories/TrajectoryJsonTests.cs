using System.Text;
using GenAgent.Agents;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Trajectories;

public sealed class TrajectoryJsonTests
{
    [Fact]
    public async Task A_trajectory_reads_back_as_it_was_written_with_every_member()
    {
        var written = (await SampleRuns.TwoRoundsAsync()).Trajectory with
        {
            Rewards = new Dictionary<string, double>(StringComparer.Ordinal) { ["pointwise"] = 0.7, ["pairwise"] = double.NaN },
            Error = "none",
        };
        var line = TrajectoryJson.Write(written);
        var read = TrajectoryJson.Read(line.Span);

        TrajectoryJson.Write(read).ToArray().ShouldBe(line.ToArray());
        (read.Id, read.Prompt, read.Opening, read.Instructions).ShouldBe((written.Id, written.Prompt, written.Opening, written.Instructions));
        (read.Model, read.Generator, read.Answer, read.StopReason).ShouldBe((written.Model, written.Generator, written.Answer, written.StopReason));
        (read.StartedAt, read.Seconds, read.RootSeed, read.SeedPath, read.Error).ShouldBe((written.StartedAt, written.Seconds, written.RootSeed, written.SeedPath, "none"));
        read.AllImages.ShouldBe(written.AllImages);
        read.Faults.ShouldBe(written.Faults);
        read.Rounds.Select(round => (round.Index, round.Text, round.Judgment, round.Thought, round.Call, round.Answer, round.Generation, round.Shown, round.Tokens))
            .ShouldBe(written.Rounds.Select(round => (round.Index, round.Text, round.Judgment, round.Thought, round.Call, round.Answer, round.Generation, round.Shown, round.Tokens)));
        read.Trace!.Ids.ShouldBe(SampleRuns.Trace.Ids);
        read.Trace.LogProbs.ShouldBe(SampleRuns.Trace.LogProbs);
        read.Trace.Sampled.ShouldBe(SampleRuns.Trace.Sampled);
        read.Rewards!["pairwise"].ShouldBe(double.NaN);
        read.Labels!["split"].ShouldBe("test");
    }

    [Fact]
    public async Task The_schema_stands_first_and_the_trace_is_little_endian_base64()
    {
        var text = Encoding.UTF8.GetString(TrajectoryJson.Write((await SampleRuns.TwoRoundsAsync()).Trajectory).Span);

        text.ShouldStartWith("{\"schema\":1,\"id\":");
        text.ShouldNotContain('\n');
        text.ShouldContain("naïve 编辑");
        // struct.pack("<4i", 151644, -1, 2147483647, 0), base64
        text.ShouldContain("\"ids\":\"XFACAP////////9/AAAAAA==\"");
        // struct.pack("<4f", 0, -0.25, -3.4028234663852886e38, -1e-30), base64
        text.ShouldContain("\"log_probs\":\"AAAAAAAAgL7//3//YEKijQ==\"");
        text.ShouldContain("\"sampled\":\"AAEBAA==\"");
        text.ShouldContain("\"stop_reason\":\"answered\"");
        text.ShouldContain("\"root_seed\":18446744073709551615,\"seed_path\":\"/trajectory:3\"");
    }

    [Theory]
    [InlineData("{\"schema\":2,\"id\":\"x\"}", "reads up to 1: update GenAgent")]
    [InlineData("{\"schema\":0,\"id\":\"x\"}", "does not begin with")]
    [InlineData("{\"id\":\"x\"}", "does not begin with")]
    [InlineData("{\"schema\":1,\"id\":\"x\"}", "is no trajectory")]
    [InlineData("{\"schema\":1", "is no trajectory")]
    [InlineData("[]", "does not begin with")]
    [InlineData("", "is no trajectory")]
    [InlineData("\0\0\0", "is no trajectory")]
    public void A_line_that_is_no_trajectory_says_why(string line, string why) =>
        Should.Throw<InvalidDataException>(() => TrajectoryJson.Read(Encoding.UTF8.GetBytes(line))).Message.ShouldContain(why);

    [Fact]
    public async Task A_trace_of_unequal_lengths_is_refused_before_a_trainer_reads_past_its_end()
    {
        var text = Encoding.UTF8.GetString(TrajectoryJson.Write((await SampleRuns.TwoRoundsAsync()).Trajectory).Span);
        var broken = text.Replace("\"sampled\":\"AAEBAA==\"", "\"sampled\":\"AAEB\"", StringComparison.Ordinal);

        Should.Throw<InvalidDataException>(() => TrajectoryJson.Read(Encoding.UTF8.GetBytes(broken))).Message.ShouldContain("4 ids, 4 log-probabilities and 3 marks");
        var odd = text.Replace("\"ids\":\"XFACAP////////9/AAAAAA==\"", "\"ids\":\"XFAC\"", StringComparison.Ordinal);
        Should.Throw<InvalidDataException>(() => TrajectoryJson.Read(Encoding.UTF8.GetBytes(odd))).Message.ShouldContain("\"ids\" is no base64 of 4-byte values");
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_from_a_model_does_not_keep_a_run_from_being_stored()
    {
        var model = new Agents.ScriptedModel(Agents.Turns.Call("a circle", "lone \ud83d half"), Agents.Turns.Answer());
        var result = await new ImageAgent(model, new Agents.SeededGenerator()).RunAsync("p");

        TrajectoryJson.Read(TrajectoryJson.Write(result.Trajectory).Span).Rounds[0].Thought.ShouldBe("lone \ufffd half");
    }

    [Fact]
    public void A_line_of_the_first_schema_reads_today_and_in_every_later_version()
    {
        var line = File.ReadAllBytes(Path.Combine(Golden.Repository, "trajectories", "schema-1.jsonl"));
        var read = TrajectoryJson.Read(line.AsSpan().TrimEnd((byte)'\n'));

        read.Id.ShouldBe("0198f3c2-0000-7000-8000-000000000001");
        read.StopReason.ShouldBe(StopReason.Answered);
        read.Rounds.Count.ShouldBe(4);
        read.Rounds[1].Faults.Single().Kind.ShouldBe(FaultKind.BrokenTurn);
        read.Rounds[0].Images.Select(image => image.Seed).ShouldBe(read.Rounds[0].Images.Select(image => (long?)image.RequestedSeed));
        read.Answer!.ChosenBy.ShouldBe(ChoiceRule.Named);
        read.Trace!.LogProbs.ShouldBe(SampleRuns.Trace.LogProbs);
    }
}
