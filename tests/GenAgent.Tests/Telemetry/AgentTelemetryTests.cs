using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAgent.Agents;
using GenAgent.Telemetry;
using GenAgent.Tests.Agents;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace GenAgent.Tests.Telemetry;

public sealed class AgentTelemetryTests
{
    [Fact]
    public async Task A_run_is_a_span_with_its_tool_calls_inside_by_the_semantic_conventions()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == AgentTelemetry.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var model = new ScriptedModel(Turns.Call("a"), Turns.Call("CORRUPT"), Turns.Answer())
        {
            Usage = new UsageDetails { InputTokenCount = 7, OutputTokenCount = 5 }
        };
        var generator = new SeededGenerator
        {
            Instead = (_, prompt, _) => Task.FromResult<AIContent?>(prompt == "CORRUPT" ? new DataContent(new byte[9], "image/png") : null)
        };
        var result = await new ImageAgent(model, generator).RunAsync("p");

        var run = spans.Single(span => Equals(span.GetTagItem("gen_ai.conversation.id"), result.Trajectory.Id));
        run.DisplayName.ShouldBe("invoke_agent genagent");
        run.GetTagItem("gen_ai.operation.name").ShouldBe("invoke_agent");
        run.GetTagItem("gen_ai.agent.name").ShouldBe("genagent");
        run.GetTagItem("gen_ai.provider.name").ShouldBe("scripted");
        run.GetTagItem("gen_ai.request.model").ShouldBe("script-7b");
        run.GetTagItem("gen_ai.response.model").ShouldBe("script-7b-0401");
        run.GetTagItem("gen_ai.usage.input_tokens").ShouldBe(21L);
        run.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(15L);
        run.Status.ShouldBe(ActivityStatusCode.Unset);
        var tools = spans.Where(span => span.ParentSpanId == run.SpanId).ToArray();
        tools.Select(tool => tool.DisplayName).ShouldBe(["execute_tool generate_image", "execute_tool generate_image"]);
        tools[0].GetTagItem("gen_ai.tool.name").ShouldBe("generate_image");
        tools[1].GetTagItem("error.type").ShouldBe("BadImage");
        tools[1].Status.ShouldBe(ActivityStatusCode.Error);
    }

    [Fact]
    public async Task Tokens_durations_rounds_and_faults_are_measured()
    {
        var measured = new ConcurrentQueue<(string Name, double Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == AgentTelemetry.SourceName)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        var model = new ScriptedModel("<think>", Turns.Call("a"), Turns.Answer())
        {
            Usage = new UsageDetails { InputTokenCount = 70_001, OutputTokenCount = 50_003 }
        };
        await new ImageAgent(model, new SeededGenerator()).RunAsync("p");

        // Other tests run at the same time: only these numbers are this one's alone.
        measured.ShouldContain(one => one.Name == "gen_ai.client.token.usage" && one.Value == 3 * 70_001 && one.Tags.Contains("gen_ai.token.type=input"));
        measured.ShouldContain(one => one.Name == "gen_ai.client.token.usage" && one.Value == 3 * 50_003 && one.Tags.Contains("gen_ai.token.type=output"));
        measured.ShouldContain(one => one.Name == "gen_ai.client.operation.duration" && one.Tags.Contains("gen_ai.operation.name=invoke_agent"));
        measured.ShouldContain(one => one.Name == "gen_ai.client.operation.duration" && one.Tags.Contains("gen_ai.operation.name=execute_tool"));
        measured.ShouldContain(one => one.Name == "genagent.faults" && one.Tags.Contains("genagent.fault.kind=BrokenTurn"));
        measured.ShouldContain(one => one.Name == "genagent.rounds" && one.Value == 1);

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            measured.Enqueue((instrument.Name, value, text));
        }
    }

    [Fact]
    public async Task The_log_tells_faults_and_the_end_of_a_run_and_no_secret()
    {
        var logs = new FakeLogCollector();
        using var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(new FakeLoggerProvider(logs)));
        var generator = new SeededGenerator
        {
            Instead = (index, _, _) => index == 0 ? throw new InvalidOperationException("key sk-0123456789abcdef0123") : Task.FromResult<AIContent?>(null)
        };
        var result = await new ImageAgent(new ScriptedModel(Turns.Call("a"), Turns.Call("b"), Turns.Answer()), generator, loggerFactory: factory).RunAsync("p");

        var texts = logs.GetSnapshot().Select(record => record.Message).ToArray();
        texts.ShouldContain(text => text.StartsWith($"Run {result.Trajectory.Id}, round 0: GeneratorFailure: The generator failed: key ***"));
        texts.ShouldContain(text => text.StartsWith($"Run {result.Trajectory.Id} ended after 3 rounds: Answered, 1 images, 1 faults"));
        texts.ShouldAllBe(text => !text.Contains("sk-0123"));
    }

    [Theory]
    [InlineData("a bearer of good news, key to the city, password of the day", "a bearer of good news, key to the city, password of the day")]
    [InlineData("Authorization: Bearer abcdef0123456789.xyz==", "Authorization: Bearer ***")]
    [InlineData("x-api-key: 0123456789abcdef", "x-api-key: ***")]
    [InlineData("{\"api_key\": \"0123456789abcdef\"}", "{\"api_key\": \"***\"}")]
    [InlineData("https://h/v1?key=0123456789&n=1", "https://h/v1?key=***&n=1")]
    [InlineData("http://joe:s3cr3t@host:80/", "http://joe:***@host:80/")]
    [InlineData("hf_abcdefghijklmnopqrst and AKIAIOSFODNN7EXAMPLE", "*** and ***")]
    [InlineData("my token is correct-horse", "my token is ***")]
    public void Secrets_are_blotted_out_and_ordinary_words_are_not(string text, string masked) =>
        new SecretMask(["correct-horse", "abc"]).Mask(text).ShouldBe(masked);
}
