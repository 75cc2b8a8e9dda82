using GenAgent.Server.Protocols;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace GenAgent.Server.Mcp;

/// <summary>Tells a client how far its call is, if it gave a token for that. Never goes back.</summary>
internal sealed class CallProgress(RequestContext<CallToolRequestParams> call, int samples)
{
    private readonly double[] _done = new double[samples];

    public async Task TellAsync(RunUpdate update, CancellationToken cancellationToken)
    {
        var before = _done[update.Sample];
        var (now, stage) = update switch
        {
            ProgressUpdate report => (report.Fraction, report.Stage),
            SampleUpdate => (1, "done"),
            _ => (before, null),
        };
        if (now <= before) return;
        _done[update.Sample] = now;
        if (call.Params?.ProgressToken is { } token)
        {
            await call.Server.NotifyProgressAsync(
                token, new ProgressNotificationValue { Progress = (float)_done.Average(), Total = 1, Message = stage }, cancellationToken: cancellationToken);
        }
    }
}
