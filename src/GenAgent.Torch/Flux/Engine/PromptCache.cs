using GenAgent.Torch.Flux.Sampling;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>
/// Caches the features of the most recently used prompts. Owns them; a returned value is valid until the next <see cref="Trim"/>. Not thread-safe.
/// </summary>
/// <param name="capacity">Number of prompts that a trim keeps.</param>
internal sealed class PromptCache(int capacity) : IDisposable
{
    private readonly Dictionary<string, LinkedListNode<(string Prompt, PromptEmbedding Features)>> _byPrompt = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Prompt, PromptEmbedding Features)> _byUse = [];

    public int Count => _byPrompt.Count;

    public bool TryGet(string prompt, out PromptEmbedding? features)
    {
        features = null;
        if (!_byPrompt.TryGetValue(prompt, out var node)) return false;
        _byUse.Remove(node);
        _byUse.AddLast(node);
        features = node.Value.Features;
        return true;
    }

    /// <summary>Adds a new prompt and takes ownership of its tensors, which must be outside of any dispose scope.</summary>
    public void Add(string prompt, PromptEmbedding features) => _byPrompt.Add(prompt, _byUse.AddLast((prompt, features)));

    /// <summary>Removes the least recently used prompts, down to the capacity.</summary>
    public void Trim()
    {
        while (_byUse.Count > capacity) RemoveOldest();
    }

    public void Dispose()
    {
        while (_byUse.Count > 0) RemoveOldest();
    }

    private void RemoveOldest()
    {
        var (prompt, features) = _byUse.First!.Value;
        _byUse.RemoveFirst();
        _byPrompt.Remove(prompt);
        features.Dispose();
    }
}
