using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAgent.Agents;
using GenAgent.Trajectories;

namespace GenAgent.Telemetry;

/// <summary>
/// Spans and metrics of the agent, by OpenTelemetry's semantic conventions for generative AI: <c>invoke_agent</c> for a run and
/// <c>execute_tool</c> for a call. The chat client's and the generator's own spans come from Microsoft's <c>UseOpenTelemetry</c>.
/// </summary>
public static class AgentTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string SourceName = "GenAgent";

    internal const string AgentName = "genagent";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly Meter Meter = new(SourceName);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "gen_ai.client.operation.duration", "s", "How long a run of the agent or a call of its tool takes.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
        });

    private static readonly Histogram<long> TokenUsage = Meter.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "Tokens that a run's model read and wrote.",
        advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
        });

    private static readonly Counter<long> Faults = Meter.CreateCounter<long>("genagent.faults", "{fault}", "What went wrong in runs, by kind.");

    private static readonly Histogram<int> ImageRounds = Meter.CreateHistogram<int>("genagent.rounds", "{round}", "Rounds of a run that brought an image.");

    internal static Activity? StartRun(string trajectoryId, ModelIdentity model)
    {
        var span = Source.StartActivity($"invoke_agent {AgentName}");
        return span?.SetTag("gen_ai.operation.name", "invoke_agent")
            .SetTag("gen_ai.agent.name", AgentName)
            .SetTag("gen_ai.conversation.id", trajectoryId)
            .SetTag("gen_ai.provider.name", model.Provider ?? "unknown")
            .SetTag("gen_ai.request.model", model.Name)
            .SetTag("gen_ai.output.type", "image");
    }

    internal static void EndRun(Activity? span, AgentResult result)
    {
        var trajectory = result.Trajectory;
        var tokens = trajectory.Tokens;
        var tags = new TagList
        {
            { "gen_ai.operation.name", "invoke_agent" },
            { "gen_ai.provider.name", trajectory.Model.Provider ?? "unknown" },
            { "gen_ai.request.model", trajectory.Model.Name },
        };
        Record(tokens.Input, "input");
        Record(tokens.Output, "output");
        if (result.Best is null)
        {
            tags.Add("error.type", trajectory.StopReason.ToString());
            span?.SetTag("error.type", trajectory.StopReason.ToString()).SetStatus(ActivityStatusCode.Error, NoImageException.Explain(trajectory));
        }

        Duration.Record(trajectory.Seconds, tags);
        ImageRounds.Record(trajectory.ImageRounds);
        foreach (var fault in trajectory.Faults)
        {
            Faults.Add(1, new KeyValuePair<string, object?>("genagent.fault.kind", fault.Kind.ToString()));
        }

        span?.SetTag("gen_ai.usage.input_tokens", tokens.Input)
            .SetTag("gen_ai.usage.output_tokens", tokens.Output)
            .SetTag("gen_ai.response.model", trajectory.Model.Version ?? trajectory.Model.Name)
            .SetTag("genagent.stop_reason", trajectory.StopReason.ToString())
            .SetTag("genagent.rounds", trajectory.ImageRounds);

        void Record(long count, string type)
        {
            if (TokenUsage.Enabled)
            {
                var typed = tags;
                typed.Add("gen_ai.token.type", type);
                TokenUsage.Record(count, typed);
            }
        }
    }

    internal static Activity? StartTool(string tool, string? callId, int round)
    {
        var span = Source.StartActivity($"execute_tool {tool}");
        return span?.SetTag("gen_ai.operation.name", "execute_tool")
            .SetTag("gen_ai.tool.name", tool)
            .SetTag("gen_ai.tool.type", "function")
            .SetTag("gen_ai.tool.call.id", callId)
            .SetTag("genagent.round", round);
    }

    internal static void EndTool(Activity? span, string tool, double seconds, Fault? fault)
    {
        var tags = new TagList { { "gen_ai.operation.name", "execute_tool" }, { "gen_ai.tool.name", tool } };
        if (fault is not null)
        {
            tags.Add("error.type", fault.Kind.ToString());
            span?.SetTag("error.type", fault.Kind.ToString()).SetStatus(ActivityStatusCode.Error, fault.Message);
        }

        Duration.Record(seconds, tags);
    }
}
