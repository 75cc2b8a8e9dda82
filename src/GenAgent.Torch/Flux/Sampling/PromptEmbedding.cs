using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>What a transformer sees of prompts. Owns its tensors.</summary>
/// <param name="Text">T5 features, <c>[batch, tokens, joint]</c>.</param>
/// <param name="Pooled">Pooled CLIP features, <c>[batch, pooled]</c>.</param>
internal sealed record PromptEmbedding(Tensor Text, Tensor Pooled) : IDisposable
{
    /// <summary>Concatenates prompts into one batch.</summary>
    public static PromptEmbedding Join(IReadOnlyList<PromptEmbedding> prompts) =>
        new(cat([.. prompts.Select(prompt => prompt.Text)], 0), cat([.. prompts.Select(prompt => prompt.Pooled)], 0));

    public void Dispose()
    {
        Text.Dispose();
        Pooled.Dispose();
    }
}
