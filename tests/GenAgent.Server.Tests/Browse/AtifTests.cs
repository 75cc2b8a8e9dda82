using System.Text;
using System.Text.Json;
using GenAgent.Server.Browse;
using GenAgent.Server.Tests.Protocols;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;
using NJsonSchema;

namespace GenAgent.Server.Tests.Browse;

/// <summary>The export for Harbor's tools: each member against the published description of ATIF.</summary>
public sealed class AtifTests
{
    private static readonly string[] OfTheAgent = ["model_name", "reasoning_effort", "reasoning_content", "tool_calls", "metrics"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_with_several_rounds_is_exported_as_the_schema_asks_with_images_that_can_be_fetched()
    {
        await using var server = await RunningServer.StartAsync(["Backends:Generator=canvas?drop=1", "Backends:Judge=verifier"]);
        var job = await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles and a blue square" }));
        var id = job.GetProperty("samples")[0].GetProperty("trajectory").GetString();

        var exported = await CheckedAsync(await server.Client.GetByteArrayAsync($"/api/trajectories/{id}/export?format=atif", Cancellation));

        exported.GetProperty("session_id").GetString().ShouldBe(id);
        var steps = exported.GetProperty("steps").EnumerateArray().ToList();
        steps.Select(step => step.GetProperty("source").GetString()).Distinct().ShouldBe(["system", "user", "agent"]);
        steps[1].GetProperty("message").GetString()!.ShouldContain("two red circles and a blue square");
        var images = steps.SelectMany(Parts).Where(part => part.GetProperty("type").GetString() == "image").ToList();
        images.Count.ShouldBeGreaterThan(1);
        foreach (var image in images)
        {
            var source = image.GetProperty("source");
            using var answer = await server.Client.GetAsync(source.GetProperty("path").GetString(), Cancellation);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe(source.GetProperty("media_type").GetString());
        }

        exported.GetProperty("final_metrics").GetProperty("extra").GetProperty("scores").EnumerateObject().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task An_edit_shows_the_image_that_it_began_with()
    {
        await using var server = await RunningServer.StartAsync([$"Backends:Generator={Repainter.Name}"], backends: registry => Repainter.AddTo(registry));
        var first = (await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }))).GetProperty("samples")[0];
        var png = Convert.ToBase64String(await server.Client.GetByteArrayAsync(first.GetProperty("image").GetString(), Cancellation));
        var edited = (await server.EndAsync(await server.SubmitAsync(
            new { prompt = "one blue square", images = new[] { $"data:image/png;base64,{png}" } }))).GetProperty("samples")[0];

        var exported = await CheckedAsync(
            await server.Client.GetByteArrayAsync($"/api/trajectories/{edited.GetProperty("trajectory").GetString()}/export?format=atif", Cancellation));

        exported.GetProperty("steps")[1].GetProperty("message").EnumerateArray().Select(part => part.GetProperty("type").GetString())
            .ShouldBe(["text", "image"]);
    }

    [Fact]
    public async Task Tokens_and_their_probabilities_stand_with_their_step_and_faults_and_broken_calls_are_told()
    {
        var exported = await CheckedAsync(new AtifWriter(image => image.Id).Write(Full()));

        var steps = exported.GetProperty("steps");
        var metrics = steps[2].GetProperty("metrics");
        metrics.GetProperty("completion_tokens").GetInt32().ShouldBe(3);
        metrics.GetProperty("completion_token_ids").EnumerateArray().Select(token => token.GetInt32()).ShouldBe([12, 13, 14]);
        metrics.GetProperty("logprobs").EnumerateArray().Select(value => value.GetSingle()).ShouldBe([-0.5f, -0.25f, -2f]);
        steps[2].GetProperty("tool_calls")[0].GetProperty("arguments").GetProperty("text").GetString().ShouldBe("no JSON");
        steps[2].GetProperty("observation").GetProperty("results")[0].GetProperty("content").GetString()!.ShouldContain("broken");
        steps[3].GetProperty("observation").GetProperty("results")[0].TryGetProperty("source_call_id", out _).ShouldBeFalse();
        steps[3].GetProperty("metrics").TryGetProperty("completion_token_ids", out _).ShouldBeFalse("these tokens were counted by another");
        (steps[3].GetProperty("timestamp").GetDateTimeOffset() - steps[2].GetProperty("timestamp").GetDateTimeOffset()).ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task The_schema_refuses_what_the_format_has_no_member_for()
    {
        var text = Encoding.UTF8.GetString(new AtifWriter(image => image.Id).Write(Full())).Replace("\"step_id\": 3", "\"step\": 3", StringComparison.Ordinal);

        (await SchemaAsync()).Validate(text).ShouldNotBeEmpty();
    }

    // What the schema cannot say: the rules between members.
    private static async Task<JsonElement> CheckedAsync(byte[] exported)
    {
        var text = Encoding.UTF8.GetString(exported);
        (await SchemaAsync()).Validate(text).ShouldBeEmpty();
        var whole = JsonDocument.Parse(text).RootElement;
        var steps = whole.GetProperty("steps").EnumerateArray().ToList();
        steps.Select(step => step.GetProperty("step_id").GetInt32()).ShouldBe(Enumerable.Range(1, steps.Count));
        steps.Select(step => step.GetProperty("timestamp").GetDateTimeOffset()).ShouldBeInOrder();
        foreach (var step in steps)
        {
            var names = step.EnumerateObject().Select(member => member.Name);
            if (step.GetProperty("source").GetString() != "agent") names.Intersect(OfTheAgent, StringComparer.Ordinal).ShouldBeEmpty();
            var calls = step.TryGetProperty("tool_calls", out var made)
                ? made.EnumerateArray().Select(call => call.GetProperty("tool_call_id").GetString()).ToList() : [];
            if (!step.TryGetProperty("observation", out var observation)) continue;
            foreach (var result in observation.GetProperty("results").EnumerateArray())
            {
                if (result.TryGetProperty("source_call_id", out var call)) calls.ShouldContain(call.GetString());
            }
        }

        var totals = whole.GetProperty("final_metrics");
        totals.GetProperty("total_steps").GetInt32().ShouldBe(steps.Count);
        Sum("prompt_tokens").ShouldBe(totals.GetProperty("total_prompt_tokens").GetInt64());
        Sum("completion_tokens").ShouldBe(totals.GetProperty("total_completion_tokens").GetInt64());
        return whole;

        long Sum(string name) =>
            steps.Where(step => step.TryGetProperty("metrics", out _)).Sum(step => step.GetProperty("metrics").GetProperty(name).GetInt64());
    }

    private static Task<JsonSchema> SchemaAsync() =>
        JsonSchema.FromFileAsync(Path.Combine(RepoFolder.Root, "tests", "GenAgent.Server.Tests", "Browse", "atif-1.6.schema.json"), Cancellation);

    private static IEnumerable<JsonElement> Parts(JsonElement step) => step.TryGetProperty("observation", out var observation)
        ? observation.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("content"))
            .Where(content => content.ValueKind == JsonValueKind.Array).SelectMany(content => content.EnumerateArray())
        : [];

    private static Trajectory Full() => new()
    {
        Id = "one",
        Prompt = "two red circles",
        StartedAt = DateTimeOffset.UnixEpoch,
        Model = new("m"),
        Generator = new("g"),
        RootSeed = ulong.MaxValue,
        Instructions = "You draw.",
        Opening = "two red circles",
        StopReason = StopReason.RoundLimit,
        Rewards = new Dictionary<string, double> { ["total"] = 0.5 },
        Trace = new([10, 11, 12, 13, 14, 15, 16], [0, 0, -0.5f, -0.25f, -2, 0, -1], [false, false, true, true, true, false, true])
        {
            Turns = [new(2, 3), new(6, 1)],
        },
        Rounds =
        [
            new(0, "<tool_call>no JSON</tool_call>")
            {
                Thought = "circles",
                Call = new("generate_image", "no JSON"),
                Faults = [new(FaultKind.BadArguments, "broken")],
                Tokens = new(2, 3),
                ModelSeconds = 2,
                ToolSeconds = 1,
            },
            new(1, "nothing") { Faults = [new(FaultKind.BrokenTurn, "no call")], Tokens = new(5, 9, Estimated: true) },
        ],
    };
}
