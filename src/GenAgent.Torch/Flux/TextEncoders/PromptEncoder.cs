using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Tokenizers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>The ids of a prompt for both encoders, and the text that did not fit.</summary>
/// <param name="T5">For T5.</param>
/// <param name="Clip">For CLIP.</param>
internal sealed record PromptIds(TokenizedPrompt T5, TokenizedPrompt Clip)
{
    /// <summary>Sentences for the user about what was cut off.</summary>
    public IEnumerable<string> Warnings()
    {
        if (T5.CutOff is { } lost)
            yield return $"The prompt is longer than the {T5.Ids.Count} tokens that the text encoder reads; this was cut off: \"{lost}\"";
        if (Clip.CutOff is { } unpooled)
            yield return $"The prompt is longer than the {Clip.Ids.Count} tokens that CLIP reads, so the image's overall style does not see this (T5 does): "
                + $"\"{unpooled}\"";
    }
}

/// <summary>Turns prompts into ids. Thread-safe.</summary>
internal sealed class PromptTokenizers(PromptTokenizer t5, PromptTokenizer clip)
{
    /// <summary>Tokens of a prompt for T5, filling included.</summary>
    public int TextTokens => t5.MaxLength;

    // Special tokens in a prompt are treated as plain text, so that a user cannot end it early.
    public PromptIds Encode(string prompt) => new(t5.Encode(prompt, AddedTokenMode.SplitSpecial), clip.Encode(prompt, AddedTokenMode.SplitSpecial));
}

/// <summary>Reads prompts with both text encoders.</summary>
internal static class PromptReading
{
    /// <summary>The features of all prompts, in the given dtype; both encoders must be on one device.</summary>
    public static PromptEmbedding Read(T5Encoder t5, ClipTextEncoder clip, IReadOnlyList<PromptIds> prompts, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var text = t5.forward(Batch(prompts, prompt => prompt.T5.Ids, device)).to(dtype);
        var (_, pooled) = clip.Forward(Batch(prompts, prompt => prompt.Clip.Ids, device));
        return new PromptEmbedding(text.MoveToOuterDisposeScope(), pooled.to(dtype).MoveToOuterDisposeScope());
    }

    private static Tensor Batch(IReadOnlyList<PromptIds> prompts, Func<PromptIds, IReadOnlyList<int>> idsOf, Device device)
    {
        long[] ids = [.. prompts.SelectMany(prompt => idsOf(prompt)).Select(id => (long)id)];
        return tensor(ids, device: device).view(prompts.Count, -1);
    }
}
