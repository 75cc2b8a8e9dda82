using GenAgent.Torch;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.Transformer;
using static TorchSharp.torch;

namespace GenAgent.Training.FlowMatching;

/// <summary>
/// An encoded prompt: T5 features <c>[batch, tokens, joint_attention_dim]</c> and pooled CLIP features <c>[batch, pooled_projection_dim]</c>.
/// </summary>
internal readonly record struct TextConditioning(Tensor Features, Tensor Pooled);

/// <summary>
/// The loss of rectified flow (Liu et al., "Flow Straight and Fast"; Esser et al., "Scaling Rectified Flow Transformers"): on the straight line
/// from an image to noise, x_t = (1 - t) x_0 + t noise, the transformer predicts the velocity, noise - x_0. Pure.
/// </summary>
internal static class FlowMatchingLoss
{
    /// <summary>Mean squared error of the velocity, one a sample: <c>[batch]</c>.</summary>
    /// <param name="transformer">Predicts the velocity.</param>
    /// <param name="latents">Scaled latents of images, <c>[batch, channels, height, width]</c>.</param>
    /// <param name="noise">Standard normal, of the same shape.</param>
    /// <param name="time">Noise levels, <c>[batch]</c> in [0, 1].</param>
    /// <param name="text">The prompts.</param>
    /// <param name="guidance">Guidance scales, <c>[batch]</c>; null for a model without.</param>
    /// <param name="rope">Positions.</param>
    public static Tensor PerSample(
        FluxTransformer transformer, Tensor latents, Tensor noise, Tensor time, TextConditioning text, Tensor? guidance, RotaryTable rope)
    {
        using var scope = NewDisposeScope();
        var t = time.view(-1, 1, 1, 1);
        var noised = LatentPacking.Pack((t.neg().Plus(1) * latents).Plus(t * noise));
        var target = LatentPacking.Pack(noise - latents);
        var velocity = transformer.Forward(noised, text.Features, text.Pooled, time, guidance, rope);
        return (velocity - target).Squared().mean([1, 2]).MoveToOuterDisposeScope();
    }
}
