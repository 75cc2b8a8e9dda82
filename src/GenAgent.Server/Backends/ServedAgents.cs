using System.Collections.Concurrent;
using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.DependencyInjection;
using GenAgent.Models;
using GenAgent.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GenAgent.Server.Backends;

/// <summary>
/// The agents and generators that requests may choose by name. A pair is loaded when it is first asked for, and kept. Safe to use from many tasks at once.
/// </summary>
internal sealed class ServedAgents(
    GenAgentSource source, IOptionsMonitor<GenAgentOptions> options, ServerOptions server, BackendRegistry registry, SecretMask secrets, HostEnvironment host,
        ILoggerFactory loggers) : IDisposable
{
    private readonly ConcurrentDictionary<(string, string), Lazy<Task<AgentComposition>>> _pairs = new();

    private BackendOptions Backends => options.CurrentValue.Backends;

    public string DefaultAgent => NameOf(Backends.Agent);

    public string DefaultGenerator => NameOf(Backends.Generator);

    public IReadOnlyList<string> AgentNames => [.. server.Agents.Keys.Prepend(DefaultAgent).Distinct(StringComparer.Ordinal)];

    public IReadOnlyList<string> GeneratorNames => [.. server.Generators.Keys.Prepend(DefaultGenerator).Distinct(StringComparer.Ordinal)];

    /// <summary>The pair of the names; null is the default.</summary>
    public async Task<AgentComposition> GetAsync(string? agent, string? generator, CancellationToken cancellationToken)
    {
        var pair = (agent ?? DefaultAgent, generator ?? DefaultGenerator);
        if (pair == (DefaultAgent, DefaultGenerator)) return await source.GetAsync(cancellationToken);
        var loading = _pairs.GetOrAdd(pair, key => new(() => CreateAsync(key.Item1, key.Item2)));
        try
        {
            return await loading.Value.WaitAsync(cancellationToken);
        }
        catch when (loading.Value.IsFaulted)
        {
            // The next request tries again.
            _pairs.TryRemove(new(pair, loading));
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var pair in _pairs.Values.Where(pair => pair is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }))
        {
            pair.Value.GetAwaiter().GetResult().Dispose();
        }
    }

    private Task<AgentComposition> CreateAsync(string agent, string generator)
    {
        var all = options.CurrentValue;
        var chosen = new GenAgentOptions
        {
            Agent = all.Agent,
            Judging = all.Judging,
            Backends = all.Backends with
            {
                Agent = server.Agents.TryGetValue(agent, out var agentUri) ? agentUri : all.Backends.Agent,
                Generator = server.Generators.TryGetValue(generator, out var generatorUri) ? generatorUri : all.Backends.Generator,
            },
        };
        return Task.Run(() => AgentComposition.CreateAsync(chosen, registry, secrets, loggers, host.Time, [], CancellationToken.None));
    }

    // A URI may say where a server is: only plain names are shown.
    private static string NameOf(string uri) => uri.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-') ? uri : "default";
}
