using GenAgent.Engines.Replicas;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Engines.Weights;

/// <summary>
/// A model on vLLM or SGLang whose weights change while it samples, on all replicas. A turn is sampled by one version of the weights: an update waits for the
/// turns under way and holds new ones back. A replica that cannot be brought to the newest weights gets no turns, with a notice, until it can. Safe to use
/// from many tasks at once.
/// </summary>
public sealed class RolloutEngine : IDisposable
{
    private readonly EngineChatClient _engine;
    private readonly TurnGate _gate = new();
    private readonly ReplicaWeights[] _replicas;
    private readonly Action<string>? _notice;
    private volatile EngineWeights? _weights;

    /// <summary>Takes over the weights of a client's servers. Calls none yet.</summary>
    /// <param name="client">The client of the engine, or one around it; disposed with this.</param>
    /// <param name="notice">Is told of replicas that are left out or used again; may be called from any task. Null for nobody.</param>
    /// <exception cref="ArgumentException">There is no <see cref="EngineChatClient"/> in <paramref name="client"/>.</exception>
    public RolloutEngine(IChatClient client, Action<string>? notice = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _engine = client.GetService<EngineChatClient>()
            ?? throw new ArgumentException("The weights of a vLLM or an SGLang can be changed, those of other servers cannot.", nameof(client));
        _notice = notice;
        _replicas = [.. Pool.Replicas.Select(replica => new ReplicaWeights(replica, Protocol(replica)))];
        (Pool.Admit, Pool.ExpectedVersion) = (AdmitAsync, () => _weights?.Version);
        Client = new GatedChatClient(client, _gate);
    }

    /// <summary>The model. Every response carries the trace of its tokens, and each turn of it the version of the weights that sampled it.</summary>
    public IChatClient Client { get; }

    /// <summary>The servers, and which of them gets which request.</summary>
    public ReplicaPool Pool => _engine.Pool;

    /// <summary>Fails if no replica can be reached and tells the version of its weights; tells of those that cannot.</summary>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="BackendException">No replica can be used; the message says why.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken = default)
    {
        var faults = await Task.WhenAll(_replicas.Select(replica => TryAsync(replica, () => replica.CheckAsync(cancellationToken), cancellationToken)));
        RequireOne(faults, "can be used");
    }

    /// <summary>
    /// Brings all replicas to new weights, whatever state an earlier update has left them in: pauses, loads, verifies the version, resumes. New turns wait
    /// meanwhile. One call at a time.
    /// </summary>
    /// <param name="weights">The weights. Their folder must stay until the next update: a replica that comes back reads it again.</param>
    /// <param name="cancellationToken">Cancels the operation; replicas may stay paused until the next update.</param>
    /// <exception cref="BackendException">No replica samples with the new weights; the message says why.</exception>
    /// <exception cref="ArgumentException">An adapter is given where the client asks for the model itself, or the reverse.</exception>
    public async Task UpdateAsync(EngineWeights weights, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.IsAdapter != _engine.Options.Adapter is not null)
        {
            throw new ArgumentException(
                weights.IsAdapter ? "The engine's client names no adapter: requests would be answered without it (?adapter=NAME)."
                    : $"The engine's client asks for the adapter \"{_engine.Options.Adapter}\", but these are all weights.", nameof(weights));
        }

        using var closed = await _gate.CloseAsync(cancellationToken);
        _weights = weights;
        var faults = await Task.WhenAll(
            _replicas.Select(replica => TryAsync(replica, () => replica.BringAsync(weights, cancellationToken), cancellationToken)));
        RequireOne(faults, $"samples with the weights of version {weights.Version}");
    }

    /// <summary>Closes all connections. The servers go on with the weights that they have.</summary>
    public void Dispose()
    {
        Client.Dispose();
        foreach (var replica in _replicas) replica.Dispose();
    }

    private IWeightProtocol Protocol(Replica replica) => _engine.Options.Kind == EngineKind.Vllm
        ? new VllmWeights(replica.Http, _engine.Options.Adapter)
        : new SglangWeights(replica.Http, _engine.Options.Adapter);

    // A replica that answers again may have been started anew, with the weights of its first day.
    private async Task AdmitAsync(Replica back)
    {
        var replica = _replicas.First(one => one.Replica == back);
        var wasOut = replica.IsOut;
        if (await replica.EnsureAsync(() => _weights, CancellationToken.None) || wasOut)
            _notice?.Invoke($"{back.Http.Name} is used again, with the weights of version {_weights?.Version}.");
    }

    private async Task<BackendException?> TryAsync(ReplicaWeights replica, Func<Task> work, CancellationToken cancellationToken)
    {
        var wasOut = replica.Replica.Fault is not null;
        try
        {
            await work();
            if (wasOut) _notice?.Invoke($"{replica.Replica.Http.Name} is used again.");
            Pool.Succeeded(replica.Replica);
            return null;
        }
        catch (BackendException fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Pool.Failed(replica.Replica, fault);
            if (!wasOut) _notice?.Invoke($"{replica.Replica.Http.Name} gets no turns until it takes the weights: {fault.Message}");
            return fault;
        }
    }

    private static void RequireOne(BackendException?[] faults, string what)
    {
        if (Array.Exists(faults, fault => fault is null)) return;
        throw faults.Length == 1
            ? faults[0]!
            : new BackendUnavailableException($"No replica {what}: {string.Join(" ", faults.Select(fault => fault!.Message))}", faults[0]);
    }
}
