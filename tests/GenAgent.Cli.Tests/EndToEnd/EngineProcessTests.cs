using System.Text.Json;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The command line as a process, with its agent on engines that are processes.</summary>
public sealed class EngineProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vllm", "")]
    [InlineData("sglang", "&plain=true")]
    public async Task An_agent_on_two_replicas_draws_what_it_draws_in_this_process(string engine, string more)
    {
        using var first = await FakeServer.StartEngineAsync(engine);
        using var second = await FakeServer.StartEngineAsync(engine);
        var uri = $"{engine}:policy@{first.Address},{second.Address}?tokenizer=micro{more}";

        var there = await GenerateAsync("there", uri);
        there.GetProperty("rounds").GetArrayLength().ShouldBeGreaterThan(1);
        there.GetProperty("model").GetProperty("uri").GetString().ShouldBe(uri);
        if (more.Length > 0) return;

        var here = await GenerateAsync("here", "micro");
        Told(there).ShouldBe(Told(here));
    }

    [Fact]
    public async Task A_replica_whose_process_dies_in_mid_answer_changes_nothing()
    {
        using var first = await FakeServer.StartEngineAsync("vllm");
        using var second = await FakeServer.StartEngineAsync("vllm");
        await first.SetFaultAsync("Die", 1);

        var there = await GenerateAsync("there", $"vllm:policy@{first.Address},{second.Address}?tokenizer=micro");

        Told(there).ShouldBe(Told(await GenerateAsync("here", "micro")));
        first.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task Doctor_tries_the_engine_and_tells_an_address_where_none_answers()
    {
        using var engine = await FakeServer.StartEngineAsync("vllm");

        (await DoctorAsync($"vllm:policy@{engine.Address}?tokenizer=micro")).ShouldContain("log-probabilities at temperature 1");
        (await DoctorAsync($"vllm:other@{engine.Address}?tokenizer=micro")).ShouldContain("The model `other` does not exist.");
        (await DoctorAsync($"vllm:policy@{engine.Address},http://127.0.0.1:9?tokenizer=micro")).ShouldContain("cannot be reached");
    }

    private async Task<string> DoctorAsync(string agent)
    {
        using var doctor = CliProcess.Start(_folder.Path, ["doctor", "--json", "--set", $"Backends:Agent={agent}"]);
        await doctor.WaitAsync();
        var found = doctor.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line => JsonDocument.Parse(line).RootElement
            .GetProperty("checks").EnumerateArray());
        return found.Single(check => check.GetProperty("check").GetString() is "agent").GetProperty("detail").GetString()!;
    }

    private static string[] Told(JsonElement trajectory) =>
        [.. trajectory.GetProperty("rounds").EnumerateArray()
            .Select(round => Text(round, "images") + Text(round, "text") + Text(round, "thinking") + Text(round, "call"))];

    private static string Text(JsonElement round, string name) => round.TryGetProperty(name, out var text) ? text.GetRawText() : string.Empty;

    private async Task<JsonElement> GenerateAsync(string run, string agent)
    {
        using var genagent = CliProcess.Start(
            _folder.Path, ["generate", "--agent", agent, "--generator", "canvas", "--seed", "5", "--out", run, "two red circles and a blue square"]);
        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);
        return JsonDocument.Parse(File.ReadAllLines(Path.Combine(_folder.Path, run, "trajectories.jsonl")).ShouldHaveSingleItem()).RootElement;
    }
}
