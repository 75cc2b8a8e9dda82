namespace GenAgent.Server.Gateway;

/// <summary>The rollouts whose model is at work: they are not idle, however long it takes. Safe to use from many tasks at once.</summary>
internal sealed class CallsUnderWay
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RolloutName, int> _calls = [];

    /// <summary>Whether a call of the rollout is under way.</summary>
    public bool Has(RolloutName name)
    {
        lock (_lock) return _calls.ContainsKey(name);
    }

    /// <summary>Counts a call until it is disposed of.</summary>
    public IDisposable Begin(RolloutName name)
    {
        lock (_lock) _calls[name] = _calls.GetValueOrDefault(name) + 1;
        return new Call(this, name);
    }

    private sealed class Call(CallsUnderWay calls, RolloutName name) : IDisposable
    {
        public void Dispose()
        {
            lock (calls._lock)
            {
                if (--calls._calls[name] == 0) calls._calls.Remove(name);
            }
        }
    }
}
