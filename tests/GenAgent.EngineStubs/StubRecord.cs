using System.Collections.Concurrent;

namespace GenAgent.EngineStubs;

/// <summary>What a stub was asked. Thread-safe.</summary>
public sealed class StubRecord
{
    private readonly ConcurrentQueue<StubCall> _calls = new();

    /// <summary>The calls, oldest first.</summary>
    public IReadOnlyList<StubCall> Calls => [.. _calls];

    internal void Add(StubCall call) => _calls.Enqueue(call);
}

/// <summary>A call to a stub.</summary>
/// <param name="Path">The route.</param>
/// <param name="PromptIds">The ids that were sent.</param>
/// <param name="ImagesSent">Images whose content was sent.</param>
/// <param name="ImagesNamed">Images that were named by their hash alone.</param>
public sealed record StubCall(string Path, IReadOnlyList<int> PromptIds, int ImagesSent, int ImagesNamed);
