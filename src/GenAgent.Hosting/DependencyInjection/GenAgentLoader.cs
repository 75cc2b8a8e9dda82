using Microsoft.Extensions.Hosting;

namespace GenAgent.Hosting.DependencyInjection;

/// <summary>Loads an agent when the program starts, so that the first request does not wait for it.</summary>
internal sealed class GenAgentLoader(GenAgentSource source) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => source.GetAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
