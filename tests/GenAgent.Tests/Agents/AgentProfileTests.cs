using GenAgent.Agents;

namespace GenAgent.Tests.Agents;

public sealed class AgentProfileTests
{
    [Fact]
    public async Task A_model_is_told_at_work_what_it_was_told_in_training()
    {
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Answer()) { Profile = new AgentProfile { Instructions = "Draw as you learned it." } };

        var result = await new ImageAgent(model, new SeededGenerator()).RunAsync("a circle");

        model.Requests[0].Messages[0].Text.ShouldStartWith("Draw as you learned it.\n\n# Tools");
        result.Trajectory.Instructions.ShouldBe(model.Requests[0].Messages[0].Text);
    }

    [Fact]
    public async Task The_users_own_instructions_go_before_the_models()
    {
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Answer()) { Profile = new AgentProfile { Instructions = "Draw as you learned it." } };

        await new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { Instructions = "Draw as I say." }).RunAsync("a circle");

        model.Requests[0].Messages[0].Text.ShouldStartWith("Draw as I say.");
    }

    [Theory]
    [InlineData(null, null, 4)]
    [InlineData(null, 2, 2)]
    [InlineData(3, 2, 3)]
    public async Task A_run_takes_as_many_rounds_as_the_user_says_or_the_model_has_seen(int? options, int? seen, int expected)
    {
        var turns = Enumerable.Range(0, 6).Select(i => i == 0 ? Turns.Call("one") : Turns.Again($"try {i}")).ToArray();
        var generator = new SeededGenerator();
        using var agent = new ImageAgent(
            new ScriptedModel(turns) { Profile = new AgentProfile { Instructions = "Draw.", MaxRounds = seen } },
            generator,
            new ImageAgentOptions { MaxRounds = options });

        var result = await agent.RunAsync("a circle");

        result.StopReason.ShouldBe(GenAgent.Trajectories.StopReason.RoundLimit);
        generator.Requests.Count.ShouldBe(expected);
        agent.Options.MaxRounds.ShouldBe(expected);
    }

    [Fact]
    public void A_profile_lies_beside_the_weights()
    {
        using var folder = new TemporaryFolder();
        AgentProfile.Load(folder.Path).ShouldBeNull();
        var profile = new AgentProfile { Instructions = "Think, \"call\", judge.", MaxRounds = 2 };

        profile.Save(folder.Path);

        AgentProfile.Load(folder.Path).ShouldBe(profile);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"instructions\": \" \"}")]
    [InlineData("{\"instructions\": \"Draw.\", \"maxRounds\": 0}")]
    public void A_damaged_profile_is_told_with_its_path(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[AgentProfile.FileName], text);

        Should.Throw<InvalidDataException>(() => AgentProfile.Load(folder.Path)).Message.ShouldContain(folder[AgentProfile.FileName]);
    }
}
