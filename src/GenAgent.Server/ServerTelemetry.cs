using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAgent.Server.Jobs;

namespace GenAgent.Server;

/// <summary>Spans and metrics of the server, of the source <see cref="SourceName"/>. The runs' own are of <c>GenAgent</c>.</summary>
internal sealed class ServerTelemetry : IDisposable
{
    public const string SourceName = "GenAgent.Server";

    private readonly ActivitySource _source = new(SourceName);
    private readonly Meter _meter = new(SourceName);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _waiting;

    public ServerTelemetry()
    {
        _duration = _meter.CreateHistogram<double>("genagent.job.duration", "s", "How long jobs run, by their end.");
        _waiting = _meter.CreateHistogram<double>("genagent.job.waiting", "s", "How long jobs wait before a worker takes them.");
    }

    public Activity? StartJob(Job job)
    {
        if (job.Started is { } started) _waiting.Record((started - job.Created).TotalSeconds);
        return _source.StartActivity("job")?.SetTag("genagent.job.id", job.Id).SetTag("genagent.job.attempt", job.Attempts);
    }

    public void EndJob(Activity? span, JobState state, TimeSpan took)
    {
        _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("genagent.job.state", state.ToString()));
        span?.SetTag("genagent.job.state", state.ToString());
        if (state == JobState.Failed) span?.SetStatus(ActivityStatusCode.Error);
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
