using GenAgent.Torch.Flux.Sampling;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>The features of the prompts used last. Owns them; what it hands out lives until the next <see cref="Trim"/>. Not thread-safe.</summary>
/// <param name="capacity">Prompts that are kept over a trim.</param>
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

    /// <summary>Adds a prompt that is not there; takes over its tensors, which must be outside of any dispose scope.</summary>
    public void Add(string prompt, PromptEmbedding features) => _byPrompt.Add(prompt, _byUse.AddLast((prompt, features)));

    /// <summary>Lets go of the prompts used longest ago, down to the capacity.</summary>
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
