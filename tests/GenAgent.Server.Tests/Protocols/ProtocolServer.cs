using GenAgent.Server.Jobs;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>A server for the tests of one class, whose generator takes images to start from, and whose judge knows the miniature world.</summary>
public sealed class ProtocolServer : IAsyncLifetime
{
    private RunningServer? _server;

    public HttpClient Http => _server!.Client;

    /// <summary>An address of the server.</summary>
    public Uri At(string path) => new(Http.BaseAddress!, path);

    public async ValueTask InitializeAsync() =>
        _server = await RunningServer.StartAsync(
            [$"Backends:Generator={Repainter.Name}", "Backends:Judge=verifier"], backends: registry => Repainter.AddTo(registry));

    /// <summary>Waits until no job is under way.</summary>
    public async Task UntilIdleAsync(CancellationToken cancellationToken)
    {
        var jobs = _server!.Services.GetRequiredService<IJobs>();
        foreach (var job in await jobs.ListAsync(new JobFilter(), cancellationToken))
        {
            await foreach (var _ in jobs.EventsAsync(job.Id, cancellationToken: cancellationToken))
            {
                // The events end with the job.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
