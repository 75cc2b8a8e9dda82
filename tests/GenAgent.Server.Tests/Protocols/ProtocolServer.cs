using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>The whole server on a free port of the loopback, with the miniature world's teacher and painter in a data folder of its own.</summary>
public sealed class ProtocolServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("genagent-protocols-").FullName;
    private WebApplication? _app;
    private Uri? _address;

    public HttpClient Http { get; } = new();

    /// <summary>The data folder.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>An address of the server.</summary>
    public Uri At(string path) => new(_address!, path);

    public async ValueTask InitializeAsync()
    {
        var host = HostOf(_folder);
        FlagValue[] flags =
        [
            new("Server:Urls", "http://127.0.0.1:0", "--urls"), new("Server:Data", Data, "--data"), new("Backends:Agent", "oracle", "--agent"), new("Backends:Generator", Repainter.Name, "--generator"),
            new("Backends:Judge", "verifier", "--judge"),
        ];
        _app = GenAgentServer.Create(host, Settings.Read(host, file: null, flags));
        await _app.StartAsync();
        _address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Waits until no job is under way.</summary>
    public async Task UntilIdleAsync(CancellationToken cancellationToken)
    {
        var jobs = _app!.Services.GetRequiredService<IJobs>();
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
        Http.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static ServerHost HostOf(string folder) => new()
    {
        WorkingFolder = folder,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal),
        Time = TimeProvider.System,
        FreshSeed = HostEnvironment.NewSeed,
        AddBackends = registry => Repainter.AddTo(registry.AddMicroWorld()),
    };

    private sealed class ServerHost : HostEnvironment
    {
        public override IReadOnlyDictionary<string, Type> Sections { get; } = new Dictionary<string, Type>(OptionSections.All, StringComparer.OrdinalIgnoreCase) { [ServerOptions.SectionName] = typeof(ServerOptions) };
    }
}
