using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using static TorchSharp.torch;

namespace GenAgent.Training.FlowMatching;

/// <summary>The number of parameters of a recipe's model, counted without allocating them.</summary>
/// <param name="Transformer">Of the transformer.</param>
/// <param name="Encoders">Of both text encoders, with the vocabularies that the recipe names.</param>
public sealed record FlowMatchingSize(long Transformer, long Encoders)
{
    /// <summary>Counts.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="InvalidDataException">The model cannot be built.</exception>
    public static FlowMatchingSize Of(FlowMatchingTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var transformer = new FluxTransformer(options.Transformer, META);
        using var t5 = new T5Encoder(options.T5, META);
        using var clip = new ClipTextEncoder(options.Clip, META);
        return new(Count(transformer), Count(t5) + Count(clip));
    }

    private static long Count(nn.Module module) => module.parameters().Sum(parameter => parameter.numel());
}
