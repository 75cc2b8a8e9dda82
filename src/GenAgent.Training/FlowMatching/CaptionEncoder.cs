using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Tokenizers;
using static TorchSharp.torch;

namespace GenAgent.Training.FlowMatching;

/// <summary>Encodes captions with both text encoders. Safe to use from several threads at once.</summary>
internal sealed class CaptionEncoder(T5Encoder t5, PromptTokenizer t5Tokenizer, ClipTextEncoder clip, PromptTokenizer clipTokenizer, Device device)
{
    public TextConditioning Encode(IReadOnlyList<string> captions)
    {
        using var scope = NewDisposeScope();
        var features = t5.forward(Ids(captions, t5Tokenizer));
        var (hidden, pooled) = clip.Forward(Ids(captions, clipTokenizer));
        hidden.Dispose();
        return new TextConditioning(features.MoveToOuterDisposeScope(), pooled.MoveToOuterDisposeScope());
    }

    private Tensor Ids(IReadOnlyList<string> captions, PromptTokenizer tokenizer)
    {
        var ids = new long[captions.Count * tokenizer.MaxLength];
        for (var row = 0; row < captions.Count; row++)
        {
            var prompt = tokenizer.Encode(captions[row], AddedTokenMode.SplitSpecial).Ids;
            for (var column = 0; column < prompt.Count; column++) ids[(row * tokenizer.MaxLength) + column] = prompt[column];
        }

        return tensor(ids, device: device).view(captions.Count, tokenizer.MaxLength);
    }
}
