using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Running;

namespace GenAgent.Tests.Running;

public sealed class RunManifestTests : IDisposable
{
    private static readonly OldManifest Old = new(
        "paint.json",
        json => new RunManifest(
            "paintings",
            (ulong)json["seed"]!,
            RunManifest.Flatten(new JsonObject { ["generator"] = (string)json["generator"]!, ["steps"] = (int?)json["steps"] })));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static RunManifest Manifest(ulong seed = 7, int? steps = null) =>
        new("paintings", seed, RunManifest.Flatten(new JsonObject { ["generator"] = "canvas", ["steps"] = steps }));

    [Fact]
    public void A_folder_is_resumed_with_the_same_settings_and_the_change_of_others_is_named()
    {
        Manifest().TakeUp(_folder.Path);

        Manifest().TakeUp(_folder.Path).ToString().ShouldBe(Manifest().ToString());
        Refusal(Manifest(steps: 8)).ShouldContain("steps was empty, now 8");
        Refusal(Manifest(seed: 8)).ShouldContain("seed was 7, now 8");
        Refusal(Manifest() with { Kind = "synthesis" }).ShouldContain("kind was paintings, now synthesis");
        Refusal(Manifest()with { DecidedBy = new Dictionary<string, string?>() }).ShouldContain("generator was canvas, now empty");
    }

    [Fact]
    public void A_seed_that_nobody_gave_is_the_folder_s_own()
    {
        Manifest(seed: 7).TakeUp(_folder.Path);

        Manifest(seed: 99).TakeUp(_folder.Path, seedGiven: false).RootSeed.ShouldBe(7UL);
    }

    [Fact]
    public void A_retrained_model_is_another_one()
    {
        var model = Directory.CreateDirectory(_folder["model"]).FullName;
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "weights");
        Manifest().WithModel("generator", new ModelSource(model)).TakeUp(_folder.Path);
        Manifest().WithModel("generator", new ModelSource(model)).TakeUp(_folder.Path);

        File.WriteAllText(Path.Combine(model, "model.safetensors"), "Weights");

        Refusal(Manifest().WithModel("generator", new ModelSource(model))).ShouldContain("models/generator was ");
        Manifest().WithModel("generator", source: null).ToString().ShouldBe(Manifest().ToString());
    }

    [Fact]
    public void A_folder_of_an_earlier_version_is_resumed_where_that_is_safe_and_then_knows_all()
    {
        File.WriteAllText(_folder["paint.json"], """{"generator":"canvas","seed":7}""");
        List<string> told = [];
        var asked = Manifest().With([KeyValuePair.Create<string, string?>("models/generator", "aa")]);
        Should.Throw<ArgumentException>(() => Manifest(steps: 8).TakeUp(_folder.Path, old: Old)).Message.ShouldContain("steps was empty, now 8");
        Should.Throw<ArgumentException>(() => asked.TakeUp(_folder.Path, old: Old with { IsStrict = true })).Message
            .ShouldContain("earlier version, which did not record models/generator");

        asked.TakeUp(_folder.Path, old: Old, notice: told.Add);

        told.ShouldHaveSingleItem().ShouldContain("models/generator");
        Refusal(Manifest().With([KeyValuePair.Create<string, string?>("models/generator", "bb")])).ShouldContain("models/generator was aa, now bb");
    }

    [Fact]
    public void The_manifest_of_a_prompt_file_s_first_version_is_read()
    {
        File.WriteAllText(
            _folder[RunManifest.FileName],
            """{"schema":"genagent.run/1","root_seed":7,"options":{"Backends:Agent":"oracle","Backends:Judge":null,"Agent:MaxRounds":"3","Agent:Steps":null,"Judging:Kind":"pointwise"}}""");
        RunManifest Asked(string rounds, string? steps) =>
            new("generate", 7, new Dictionary<string, string?> { ["Backends:Agent"] = "oracle", ["Agent:MaxRounds"] = rounds, ["Agent:Steps"] = steps });

        Refusal(Asked("2", null)).ShouldContain("Agent:MaxRounds was 3, now 2");
        Refusal(Asked("3", "8")).ShouldContain("Agent:Steps was empty, now 8");
        Asked("3", null).TakeUp(_folder.Path).RootSeed.ShouldBe(7UL);
        File.ReadAllText(_folder[RunManifest.FileName]).ShouldContain("genagent.run/2");
    }

    [Theory]
    [InlineData("{\"schema\":\"genagent.run/3\"}", "genagent.run/3")]
    [InlineData("{\"schema\":\"genagent.run/2\",\"kind\":\"x\"}", "is no manifest")]
    [InlineData("[]", "is no manifest")]
    [InlineData("{", "is no manifest")]
    public void A_file_that_is_no_manifest_is_named(string content, string message)
    {
        File.WriteAllText(_folder[RunManifest.FileName], content);

        var refusal = Should.Throw<InvalidDataException>(() => Manifest().TakeUp(_folder.Path)).Message;
        refusal.ShouldContain(message);
        refusal.ShouldStartWith(_folder[RunManifest.FileName]);
    }

    [Fact]
    public void Inner_values_are_named_by_their_path()
    {
        var flat = RunManifest.Flatten(JsonNode.Parse("""{"a":{"b":0.08,"c":[true,"x"]},"d":null}"""));

        flat.ShouldBe(new Dictionary<string, string?> { ["a:b"] = "0.08", ["a:c:0"] = "true", ["a:c:1"] = "x", ["d"] = null });
    }

    private string Refusal(RunManifest asked) => Should.Throw<ArgumentException>(() => asked.TakeUp(_folder.Path)).Message;
}
