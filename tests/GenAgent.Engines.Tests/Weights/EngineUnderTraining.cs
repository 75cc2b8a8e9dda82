using GenAgent.Engines.Weights;
using GenAgent.EngineStubs;
using GenAgent.Trajectories;

namespace GenAgent.Engines.Tests.Weights;

/// <summary>Replicas whose weights change, and what was said about them.</summary>
internal sealed class EngineUnderTraining : IAsyncDisposable
{
    private readonly TestEngine _engine;
    private readonly List<string> _notices = [];

    private EngineUnderTraining(TestEngine engine)
    {
        _engine = engine;
        Rollouts = new RolloutEngine(engine.Client, Told);
    }

    public RolloutEngine Rollouts { get; }

    public IReadOnlyList<StubServer> Servers => _engine.Servers;

    public IReadOnlyList<string> Notices
    {
        get
        {
            lock (_notices) return [.. _notices];
        }
    }

    public static async Task<EngineUnderTraining> StartAsync(
        StubEngine engine, int replicas = 2, bool isAdapter = false, Func<EngineOptions, EngineOptions>? client = null, TimeProvider? time = null)
    {
        EngineOptions Client(EngineOptions options) => (client?.Invoke(options) ?? options) with { Adapter = isAdapter ? "genagent-policy" : null };
        return new(await TestEngine.StartAsync(engine, client: Client, replicas: replicas, time: time));
    }

    /// <summary>A conversation on each replica, at once: the others are busy meanwhile.</summary>
    public async Task<TokenTrace[]> TalkOnEachAsync() =>
        await Task.WhenAll(Servers.Select(_ => TestEngine.TalkAsync(Rollouts.Client)));

    public async ValueTask DisposeAsync()
    {
        Rollouts.Dispose();
        await _engine.DisposeAsync();
    }

    private void Told(string notice)
    {
        lock (_notices) _notices.Add(notice);
    }
}
