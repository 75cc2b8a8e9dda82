using GenAgent.Torch.Flux.Transformer;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>A batch on its way from noise to image. The tensors belong to the caller.</summary>
internal sealed record Denoising
{
    /// <summary>Packed noisy latents, <c>[batch, tokens, features]</c>, fp32.</summary>
    public required Tensor Latents { get; init; }

    public required PromptEmbedding Prompt { get; init; }

    /// <summary>What the images shall not show, for classifier-free guidance; null for none.</summary>
    public PromptEmbedding? Negative { get; init; }

    /// <summary>Strength of classifier-free guidance, <c>[batch]</c>; needed beside <see cref="Negative"/>.</summary>
    public Tensor? CfgScale { get; init; }

    /// <summary>Distilled guidance scale, <c>[batch]</c>; null for a model without.</summary>
    public Tensor? Guidance { get; init; }

    /// <summary>Packed latents of a reference image, <c>[batch, tokens, features]</c>, which is attended to but not changed; null for none.</summary>
    public Tensor? Reference { get; init; }

    /// <summary>Positions of text, image and reference.</summary>
    public required RotaryTable Rope { get; init; }

    /// <summary>A batch of some of the images, in the given order. The caller disposes the new tensors with a dispose scope.</summary>
    public Denoising Keep(Tensor latents, long[] rows)
    {
        var index = tensor(rows, device: latents.device);
        return this with
        {
            Latents = latents.index_select(0, index),
            Prompt = Pick(Prompt)!,
            Negative = Pick(Negative),
            CfgScale = CfgScale?.index_select(0, index),
            Guidance = Guidance?.index_select(0, index),
            Reference = Reference?.index_select(0, index),
        };

        PromptEmbedding? Pick(PromptEmbedding? all) =>
            all is null ? null : new PromptEmbedding(all.Text.index_select(0, index), all.Pooled.index_select(0, index));
    }
}

/// <summary>One Euler step of a batch.</summary>
internal static class FluxSampler
{
    /// <summary>The latents after a step, and the current estimate of the finished image (<c>latents - sigma * velocity</c>).</summary>
    public static (Tensor Latents, Tensor Estimate) Step(FluxTransformer model, Denoising batch, FlowMatchSchedule schedule, int step)
    {
        using var scope = NewDisposeScope();
        var (sigma, next) = (schedule.Sigmas[step], schedule.Sigmas[step + 1]);
        var velocity = Velocity(model, batch, schedule.Timesteps[step] / schedule.TrainTimesteps).to(ScalarType.Float32);
        return (batch.Latents.Plus(velocity.Times(next - sigma)).MoveToOuterDisposeScope(), (batch.Latents - velocity.Times(sigma)).MoveToOuterDisposeScope());
    }

    private static Tensor Velocity(FluxTransformer model, Denoising batch, float time)
    {
        var tokens = batch.Latents.shape[1];
        var latents = batch.Latents.to(model.Dtype);
        var seen = batch.Reference is null ? latents : cat([latents, batch.Reference], 1);
        var timestep = Arithmetic.Filled([batch.Latents.shape[0]], time, device: latents.device);
        if (batch.Negative is null)
        {
            return model.Forward(seen, batch.Prompt.Text, batch.Prompt.Pooled, timestep, batch.Guidance, batch.Rope).narrow(1, 0, tokens);
        }

        // Both halves of classifier-free guidance go through the model together.
        var both = PromptEmbedding.Join([batch.Prompt, batch.Negative]);
        var guidance = batch.Guidance is null ? null : cat([batch.Guidance, batch.Guidance], 0);
        var velocities = model.Forward(cat([seen, seen], 0), both.Text, both.Pooled, cat([timestep, timestep], 0), guidance, batch.Rope).narrow(1, 0, tokens)
            .chunk(2, 0);
        return velocities[1].Plus(batch.CfgScale!.view(-1, 1, 1).to(model.Dtype) * (velocities[0] - velocities[1]));
    }
}
