using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Running;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>A worker that is set up for a run.</summary>
internal interface ISharedWork : IAsyncDisposable
{
    /// <summary>What decides the outcomes here; it must be the run's.</summary>
    RunManifest Manifest { get; }

    /// <summary>Does a task.</summary>
    Task<ReadOnlyMemory<byte>> MakeAsync(string key, CancellationToken cancellationToken);
}

/// <summary>What the user of a worker allows runs to do.</summary>
/// <param name="Call">The worker's call.</param>
/// <param name="Own">Its configuration, without what a run says.</param>
/// <param name="Allowed">Backends that runs may name besides those of the configuration.</param>
/// <param name="Loggers">Where to log.</param>
internal sealed record WorkerScope(CliCall Call, Settings Own, IReadOnlyList<string> Allowed, ILoggerFactory Loggers)
{
    public CliHost Host => Call.Host;

    /// <summary>Checks the backends that a run names.</summary>
    /// <exception cref="OptionException">One is not allowed.</exception>
    public void Check(params IEnumerable<string> backends)
    {
        var registry = BackendComposition.Create(Host, Own);
        foreach (var backend in backends) ForeignBackend.CheckShared(backend, Own, Allowed, registry, Host.WorkingFolder);
    }

    /// <summary>The configuration with what a run sets; its backends are checked.</summary>
    /// <exception cref="OptionException">A backend is not allowed, or an option is wrong.</exception>
    public Settings Apply(IReadOnlyDictionary<string, string> values)
    {
        Check(values.Where(value => value.Key.StartsWith($"{BackendOptions.SectionName}:", StringComparison.OrdinalIgnoreCase)).Select(value => value.Value));
        return SharedSettings.Apply(values, Call);
    }
}
