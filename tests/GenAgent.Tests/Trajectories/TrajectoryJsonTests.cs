using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Agents;
using GenAgent.TestKit.Golden;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Trajectories;

public sealed class TrajectoryJsonTests
{
    [Fact]
    public async Task A_trajectory_reads_back_as_it_was_written_with_every_member()
    {
        var written = (await SampleRuns.TwoRoundsAsync()).Trajectory with
        {
            Scores = new Dictionary<string, double>(StringComparer.Ordinal) { ["pointwise"] = 0.7 },
            Rewards = new Dictionary<string, double>(StringComparer.Ordinal) { ["total"] = 1.5, ["pairwise"] = double.NaN },
            Excluded = "the judge failed",
            Task = new()
            {
                Key = "k",
                PromptId = "colors/3",
                Category = "color",
                Index = 3,
                Sample = 1,
                MustDecline = true,
                FirstTry = FirstTry.LostAttribute,
                LearnFrom = 1
            },
            Error = "none",
        };
        written = written with
        {
            Rounds = [.. written.Rounds.Select(round =>
                round.Shown is { } shown
                    ? round with
                    {
                        ToolText = "t",
                        Judgments = [new(shown, "judge/1") { Value = 0.5, Passed = false, Reason = "r" }, new(0, "judge/2") { Error = "e" }]
                    }
                    : round)]
        };
        var line = TrajectoryJson.Write(written);
        var read = TrajectoryJson.Read(line.Span);

        TrajectoryJson.Write(read).ToArray().ShouldBe(line.ToArray());
        (read.Id, read.Prompt, read.Opening, read.Instructions).ShouldBe((written.Id, written.Prompt, written.Opening, written.Instructions));
        (read.Model, read.Generator, read.Answer, read.StopReason).ShouldBe((written.Model, written.Generator, written.Answer, written.StopReason));
        (read.StartedAt, read.Seconds, read.RootSeed, read.SeedPath, read.Error).ShouldBe(
            (written.StartedAt, written.Seconds, written.RootSeed, written.SeedPath, "none"));
        read.AllImages.ShouldBe(written.AllImages);
        read.Faults.ShouldBe(written.Faults);
        read.Rounds.Select(
            round => (round.Index, round.Text, round.Judgment, round.Thought, round.Call, round.Answer, round.Generation, round.Shown, round.Tokens))
            .ShouldBe(written.Rounds.Select(
                round => (round.Index, round.Text, round.Judgment, round.Thought, round.Call, round.Answer, round.Generation, round.Shown, round.Tokens)));
        read.Trace!.Ids.ShouldBe(SampleRuns.Trace.Ids);
        read.Trace.LogProbs.ShouldBe(SampleRuns.Trace.LogProbs);
        read.Trace.Sampled.ShouldBe(SampleRuns.Trace.Sampled);
        read.Trace.Turns.ShouldBe(written.Trace!.Turns);
        read.Rewards!["pairwise"].ShouldBe(double.NaN);
        (read.Scores!["pointwise"], read.Excluded, read.Task, read.Dialect).ShouldBe((0.7, written.Excluded, written.Task, "genagent"));
        read.Rounds.SelectMany(round => round.Judgments).ShouldBe(written.Rounds.SelectMany(round => round.Judgments));
        read.Labels!["split"].ShouldBe("test");
    }

    [Fact]
    public async Task The_schema_stands_first_and_the_trace_is_little_endian_base64()
    {
        var text = Encoding.UTF8.GetString(TrajectoryJson.Write((await SampleRuns.TwoRoundsAsync()).Trajectory).Span);

        text.ShouldStartWith("{\"schema\":2,\"id\":");
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
    [InlineData("{\"schema\":3,\"id\":\"x\"}", "reads up to 2: update GenAgent")]
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

        Should.Throw<InvalidDataException>(() => TrajectoryJson.Read(Encoding.UTF8.GetBytes(broken))).Message
            .ShouldContain("4 ids, 4 log-probabilities and 3 marks");
        var odd = text.Replace("\"ids\":\"XFACAP////////9/AAAAAA==\"", "\"ids\":\"XFAC\"", StringComparison.Ordinal);
        Should.Throw<InvalidDataException>(() => TrajectoryJson.Read(Encoding.UTF8.GetBytes(odd))).Message
            .ShouldContain("\"ids\" is no base64 of 4-byte values");
    }

    [Fact]
    public async Task A_line_that_lacks_a_member_is_refused_or_read_with_its_default()
    {
        var whole = JsonNode.Parse(TrajectoryJson.Write((await SampleRuns.TwoRoundsAsync()).Trajectory).Span)!;
        var (read, refused) = (new List<string>(), new List<string>());
        foreach (var path in MembersOf(whole).Select(member => (Owner: member.Owner.GetPath(), member.Name)).ToList())
        {
            var damaged = whole.DeepClone();
            MembersOf(damaged).First(member => member.Name == path.Name && member.Owner.GetPath() == path.Owner).Owner.Remove(path.Name);
            var line = Encoding.UTF8.GetBytes(damaged.ToJsonString());
            try
            {
                // Writing refuses a null where none may stand.
                TrajectoryJson.Write(TrajectoryJson.Read(line)).Length.ShouldBeGreaterThan(0);
                read.Add($"{path.Owner}.{path.Name}");
            }
            catch (InvalidDataException fault)
            {
                fault.Message.ShouldContain("is no trajectory");
                refused.Add($"{path.Owner}.{path.Name}");
            }
        }

        refused.ShouldContain("$.rounds[0].text");
        refused.ShouldContain("$.id");
        read.ShouldContain("$.rounds[0].faults");
        read.ShouldContain("$.rounds[0].tokens");
        read.ShouldContain("$.rounds[0].judgments");
        read.ShouldContain("$.original_images");
    }

    [Theory]
    [InlineData("shown", 3)]
    [InlineData("shown", -1)]
    [InlineData("candidate", 2)]
    [InlineData("candidate", -2)]
    public async Task A_line_that_names_an_image_that_is_not_there_is_refused(string member, int index)
    {
        var run = (await SampleRuns.TwoRoundsAsync()).Trajectory;
        var round = run.Rounds[0] with { Judgments = [new ImageJudgment(0, "a judge") { Value = 1, Passed = true }] };
        var line = JsonNode.Parse(TrajectoryJson.Write(run with { Rounds = [round, .. run.Rounds.Skip(1)] }).Span)!;
        var owner = line["rounds"]![0]!;
        if (member is "candidate") owner = owner["judgments"]![0]!;
        owner[member] = index;

        var fault = Should.Throw<InvalidDataException>(() => TrajectoryJson.Read(Encoding.UTF8.GetBytes(line.ToJsonString())));

        fault.Message.ShouldContain($"round 0 has 2 images, but names image {index} (from 0)");
    }

    private static IEnumerable<(JsonObject Owner, string Name)> MembersOf(JsonNode? node) => node switch
    {
        JsonObject record => record.SelectMany(member => MembersOf(member.Value).Prepend((record, member.Key))),
        JsonArray list => list.SelectMany(MembersOf),
        _ => [],
    };

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
        var line = File.ReadAllBytes(Path.Combine(GoldenRoot.Repository, "trajectories", "schema-1.jsonl"));
        var read = TrajectoryJson.Read(line.AsSpan().TrimEnd((byte)'\n'));

        read.Id.ShouldBe("0198f3c2-0000-7000-8000-000000000001");
        read.StopReason.ShouldBe(StopReason.Answered);
        read.Rounds.Count.ShouldBe(4);
        read.Rounds[1].Faults.Single().Kind.ShouldBe(FaultKind.BrokenTurn);
        read.Rounds[0].Images.Select(image => image.Seed).ShouldBe(read.Rounds[0].Images.Select(image => (long?)image.RequestedSeed));
        read.Answer!.ChosenBy.ShouldBe(ChoiceRule.Named);
        read.Trace!.LogProbs.ShouldBe(SampleRuns.Trace.LogProbs);
        read.Trace.Turns.ShouldBeEmpty();
        read.Rounds.ShouldAllBe(round => round.Judgments.Count == 0);
        read.Labels!["split"].ShouldBe("test");
    }

    [Fact]
    public async Task What_the_first_schema_kept_in_labels_and_rewards_is_read_into_its_place()
    {
        var bare = (await SampleRuns.TwoRoundsAsync()).Trajectory with { Trace = null };

        var made = FirstSchema.Upgrade(First(bare with { Id = "synth-0000012" },
            new() { ["index"] = "12", ["category"] = "color", ["prompt"] = "p12", ["first_try"] = "LostAttribute", ["learn_from"] = "1", ["drawable"] = "no" },
            new() { ["image_1"] = 0.25, ["image_1_passed"] = 0, ["image_2"] = 1, ["image_2_passed"] = 1 }));
        made.Task.ShouldBe(new()
        {
            Key = "synth-0000012",
            Index = 12,
            Category = "color",
            PromptId = "p12",
            FirstTry = FirstTry.LostAttribute,
            LearnFrom = 1,
            MustDecline = true
        });
        made.Rounds.SelectMany(round => round.Judgments).Select(judgment => (judgment.Value, judgment.Passed)).ShouldBe([(0.25, false), (1, true)]);
        (made.Labels, made.Rewards, made.Scores).ShouldBe((null, null, null));

        var prompted = FirstSchema.Upgrade(First(
            bare,
            new()
            {
                ["agent"] = "micro",
                ["generator"] = "canvas",
                ["prompt_key"] = "ab",
                ["prompt_index"] = "4",
                ["prompt_file"] = "0005-x.png",
                ["mine"] = "kept"
            },
            new() { ["pointwise/2"] = 0.7 }));
        prompted.Task.ShouldBe(new() { Key = "ab", Index = 4 });
        (prompted.Model.Uri, prompted.Generator.Uri, prompted.Answer!.File, prompted.Scores!["pointwise/2"]).ShouldBe(("micro", "canvas", "0005-x.png", 0.7));
        prompted.Labels!.ShouldHaveSingleItem().Key.ShouldBe("mine");

        var evaluated = FirstSchema.Upgrade(First(bare, new() { ["prompt"] = "test/counting/3", ["sample"] = "1", ["tag"] = "counting" }, []));
        evaluated.Task.ShouldBe(new() { Key = "test/counting/3#1", PromptId = "test/counting/3", Sample = 1, Category = "counting" });

        Should.Throw<InvalidDataException>(() => FirstSchema.Upgrade(First(bare, new() { ["learn_from"] = "soon" }, []))).Message
            .ShouldContain("takes a number");

        static Trajectory First(Trajectory trajectory, Dictionary<string, string> labels, Dictionary<string, double> rewards) =>
            trajectory with { Labels = labels, Rewards = rewards.Count > 0 ? rewards : null };
    }

    [Fact]
    public async Task Each_turn_of_a_trace_says_where_it_stands_by_which_model_and_how_it_was_sampled()
    {
        var model = new Agents.ScriptedModel(Agents.Turns.Call("a circle"), Agents.Turns.Answer())
        {
            Decorate = (response, request) => response.WithTokenTrace(request.Index == 0
                ? new TokenTrace([1, 2, 3], [0f, -1f, -2f], [false, true, true])
                : new TokenTrace([1, 2, 3, 4, 5, 6], [0f, -1f, -2f, 0f, 0f, -3f], [false, true, true, false, false, true])),
        };
        var result = await new ImageAgent(model, new Agents.SeededGenerator(), new() { Temperature = 0.7f, Seed = 5 }).RunAsync("p");

        var turns = TrajectoryJson.Read(TrajectoryJson.Write(result.Trajectory).Span).Trace!.Turns;
        turns.Select(turn => (turn.Start, turn.Count, turn.PolicyVersion)).ShouldBe([(1, 2, "script-7b-0401"), (5, 1, "script-7b-0401")]);
        turns.ShouldAllBe(turn => Math.Abs(turn.Sampling!.Temperature!.Value - 0.7) < 1e-6);
        turns[0].Sampling!.Seed.ShouldNotBe(turns[1].Sampling!.Seed);
    }

    [Fact]
    public async Task A_turn_that_lies_outside_of_its_trace_is_refused()
    {
        var text = Encoding.UTF8.GetString(
            TrajectoryJson.Write((await SampleRuns.TwoRoundsAsync()).Trajectory with { Trace = SampleRuns.Trace with { Turns = [new(1, 2)] } }).Span);

        Should.Throw<InvalidDataException>(
            () => TrajectoryJson.Read(Encoding.UTF8.GetBytes(text.Replace("\"count\":2", "\"count\":9", StringComparison.Ordinal)))).Message.ShouldContain(
            "outside of its 4 tokens");
    }
}
