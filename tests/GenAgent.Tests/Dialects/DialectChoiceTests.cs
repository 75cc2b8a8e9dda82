using GenAgent.Agents;
using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.Tests.Agents;

namespace GenAgent.Tests.Dialects;

public sealed class DialectChoiceTests
{
    [Theory]
    [InlineData("fengyao123/genagent", "genagent-v1")]
    [InlineData("fengyao123/genagent/v2", "genagent-v2")]
    [InlineData("/root/.cache/huggingface/hub/models--fengyao123--genagent/snapshots/0123abcd/v2", "genagent-v2")]
    [InlineData("/models/genagent_v1", "genagent-v1")]
    [InlineData("GenAgent-V2", "genagent-v2")]
    [InlineData("geagent-v2", "genagent-v2")]
    [InlineData("genagent", null)]
    [InlineData("genagent-mine", null)]
    [InlineData("mygenagent-v1", null)]
    [InlineData("Qwen/Qwen2.5-VL-7B-Instruct", null)]
    [InlineData(null, null)]
    public void The_authors_weights_are_known_by_name_however_they_are_served(string? model, string? dialect) =>
        DialectChoice.OfModel(model)?.Name.ShouldBe(dialect, model);

    [Fact]
    public void Options_go_before_the_models_profile_and_both_before_the_default()
    {
        using var profiled = new ScriptedModel("x") { Profile = new AgentProfile { Dialect = Dialect.GenAgentV2 } };

        Of(new ScriptedModel("x"), new()).ShouldBe("genagent");
        Of(profiled, new()).ShouldBe("genagent-v2");
        Of(profiled, new() { Dialect = "Native" }).ShouldBe("native");
        Of(profiled, new() { CallStyle = CallStyle.Native }).ShouldBe("native");
        Of(profiled, new() { CallStyle = CallStyle.Tags }).ShouldBe("genagent");
    }

    [Fact]
    public void A_dialect_brings_size_rounds_and_temperature_and_options_go_before_them()
    {
        using var agent = new ImageAgent(new ScriptedModel("x"), new SeededGenerator(), new ImageAgentOptions { Dialect = "genagent-v1" });
        (agent.Options.Width, agent.Options.Height, agent.Options.MaxRounds, agent.Options.Temperature).ShouldBe((512, 512, 2, 0f));

        using var other = new ImageAgent(
            new ScriptedModel("x"), new SeededGenerator(),
            new ImageAgentOptions { Dialect = "genagent-v2", Width = 64, Height = 32, MaxRounds = 5, Temperature = 1 });
        (other.Options.Width, other.Options.Height, other.Options.MaxRounds, other.Options.Temperature).ShouldBe((64, 32, 5, 1f));
    }

    [Fact]
    public void A_profile_names_its_dialect_in_agent_json()
    {
        using var folder = new TemporaryFolder();
        new AgentProfile { Dialect = Dialect.GenAgentV1 }.Save(folder.Path);

        File.ReadAllText(Path.Combine(folder.Path, AgentProfile.FileName)).ShouldContain("\"dialect\": \"genagent-v1\"");
        AgentProfile.Load(folder.Path)!.Dialect.ShouldBe(Dialect.GenAgentV1);

        File.WriteAllText(Path.Combine(folder.Path, AgentProfile.FileName), """{"dialect": "klingon"}""");
        Should.Throw<InvalidDataException>(() => AgentProfile.Load(folder.Path)).Message.ShouldContain("\"klingon\" is no dialect. Known: genagent, native");
    }

    private static string? Of(ScriptedModel model, ImageAgentOptions options)
    {
        using var agent = new ImageAgent(model, new SeededGenerator(), options);
        return agent.Options.Dialect;
    }
}
