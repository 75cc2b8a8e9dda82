namespace GenAgent.Torch.Flux.Engine;

/// <summary>A part of a model that can be loaded again at any time.</summary>
/// <param name="name">For messages.</param>
/// <param name="bytes">Memory that it takes.</param>
/// <param name="load">Loads it.</param>
internal sealed class Part<TModel>(string name, long bytes, Func<TModel> load) : IPart
    where TModel : class, IDisposable
{
    public string Name { get; } = name;

    public long Bytes { get; } = bytes;

    public TModel? Loaded { get; private set; }

    public bool IsLoaded => Loaded is not null;

    public TModel Load() => Loaded ??= load();

    public void Unload()
    {
        Loaded?.Dispose();
        Loaded = null;
    }
}

/// <summary>What a <see cref="PartStore"/> knows of a part.</summary>
internal interface IPart
{
    /// <summary>For messages.</summary>
    string Name { get; }

    /// <summary>Memory that it takes when loaded.</summary>
    long Bytes { get; }

    /// <summary>Whether it takes it now.</summary>
    bool IsLoaded { get; }

    /// <summary>Gives the memory back.</summary>
    void Unload();
}

/// <summary>
/// Keeps a model's parts in memory within a budget: to load a part, it unloads the least recently used others, which are read from disk again when needed.
/// A single part may exceed the budget, because nothing works without it. Not thread-safe.
/// </summary>
/// <param name="budget">Bytes for weights; null for no limit.</param>
/// <param name="unloaded">Called for every part that was unloaded.</param>
/// <param name="loading">Called for every part before it is loaded; may throw to prevent loading.</param>
internal sealed class PartStore(long? budget, Action<IPart>? unloaded = null, Action<IPart>? loading = null) : IDisposable
{
    private readonly List<IPart> _byUse = [];

    /// <summary>The part, loaded. It may be unloaded by the next call.</summary>
    public TModel Get<TModel>(Part<TModel> part)
        where TModel : class, IDisposable
    {
        _byUse.Remove(part);
        _byUse.Add(part);
        if (!part.IsLoaded)
        {
            var taken = _byUse.Where(other => other.IsLoaded).Sum(other => other.Bytes);
            foreach (var other in _byUse.Where(other => other.IsLoaded).ToArray())
            {
                if (budget is null || taken + part.Bytes <= budget) break;
                other.Unload();
                unloaded?.Invoke(other);
                taken -= other.Bytes;
            }

            loading?.Invoke(part);
        }

        return part.Load();
    }

    public void Dispose()
    {
        foreach (var part in _byUse) part.Unload();
    }
}
