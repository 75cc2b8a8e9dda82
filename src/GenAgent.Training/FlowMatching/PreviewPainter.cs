using GenAgent.Torch;
using GenAgent.Seeds;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Sources;
using static TorchSharp.torch;

namespace GenAgent.Training.FlowMatching;

/// <summary>
/// Generates images with a model during training: batch by batch, with classifier-free guidance against the empty prompt and Euler steps. Deliberately a
/// plain loop, so that a trainer's figures do not depend on the image engine. Used by one thread.
/// </summary>
public sealed class PreviewPainter : IDisposable
{
    private const int BatchSize = 24;

    private readonly FluxTransformer _transformer;
    private readonly T5Encoder _t5;
    private readonly ClipTextEncoder _clip;
    private readonly AutoencoderKL _vae;
    private readonly FlowMatchSchedulerConfig _scheduler;
    private readonly PromptTokenizer _t5Tokens;
    private readonly PromptTokenizer _clipTokens;

    /// <summary>Loads the model.</summary>
    /// <param name="modelFolder">The whole model, in diffusers' layout.</param>
    /// <param name="t5Tokens">Tokens that a prompt is padded or cut to for T5, 1 or more.</param>
    public PreviewPainter(string modelFolder, int t5Tokens)
    {
        _transformer = FluxFolder.LoadTransformer(modelFolder).Freeze();
        _t5 = FluxFolder.LoadT5(modelFolder).Freeze();
        _clip = FluxFolder.LoadClip(modelFolder).Freeze();
        _vae = FluxFolder.LoadAutoencoder(modelFolder).Freeze();
        _scheduler = FluxFolder.LoadScheduler(modelFolder);
        _t5Tokens = new PromptTokenizer(TokenizerLoader.Load(Path.Combine(modelFolder, "tokenizer_2")), t5Tokens);
        _clipTokens = new PromptTokenizer(TokenizerLoader.Load(Path.Combine(modelFolder, "tokenizer")), _clip.Config.MaxPositionEmbeddings);
    }

    /// <summary>One image per prompt, each from noise with its own seed path.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="seed">Where the noise comes from.</param>
    /// <param name="steps">Denoising steps, 1 or more.</param>
    /// <param name="guidance">The guidance scale.</param>
    /// <param name="side">Pixels of a side.</param>
    /// <returns>An image for each prompt.</returns>
    public IReadOnlyList<PixelImage> Paint(IReadOnlyList<string> prompts, SeedPath seed, int steps, double guidance, int side)
    {
        var images = new List<PixelImage>(prompts.Count);
        for (var at = 0; at < prompts.Count; at += BatchSize)
            images.AddRange(PaintBatch([.. prompts.Skip(at).Take(BatchSize)], seed, at, steps, guidance, side / _vae.Config.Downscale));
        return images;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _transformer.Dispose();
        _t5.Dispose();
        _clip.Dispose();
        _vae.Dispose();
    }

    private IReadOnlyList<PixelImage> PaintBatch(string[] prompts, SeedPath seed, int first, int steps, double guidance, int side)
    {
        using var frozen = inference_mode();
        using var scope = NewDisposeScope();
        var guided = guidance > 1 && !_transformer.Config.GuidanceEmbeds;
        string[] all = guided ? [.. prompts, .. prompts.Select(_ => string.Empty)] : prompts;
        var text = _t5.forward(Ids(all, _t5Tokens));
        var pooled = _clip.Forward(Ids(all, _clipTokens)).Pooled;
        var scale = _transformer.Config.GuidanceEmbeds ? Arithmetic.Filled([all.Length], guidance) : null;
        using var rope = RotaryTable.For(_transformer.Config, _t5Tokens.MaxLength, LatentPacking.ImageIds(side, side));
        var tokens = LatentPacking.Pack(stack([.. prompts.Select((_, i) => Noise(seed.Child("image", first + i), side))]));
        var sigmas = FlowMatchSchedule.For(_scheduler, steps, rope.ImageTokens).Sigmas;
        for (var step = 0; step < steps; step++)
        {
            var input = guided ? cat([tokens, tokens], 0) : tokens;
            var velocity = _transformer.Forward(input, text, pooled, Arithmetic.Filled([all.Length], sigmas[step]), scale, rope);
            if (guided)
            {
                var halves = velocity.chunk(2, 0);
                velocity = halves[1].Plus(halves[0] - halves[1], guidance);
            }

            tokens = tokens.Plus(velocity, sigmas[step + 1] - sigmas[step]);
        }

        return PixelImage.FromBatch(_vae.Decode(_vae.Unscale(LatentPacking.Unpack(tokens, side, side))));
    }

    private Tensor Noise(SeedPath seed, int side)
    {
        using var generator = new Generator(seed.Value, CPU);
        return randn([_vae.Config.LatentChannels, side, side], generator: generator);
    }

    private static Tensor Ids(string[] prompts, PromptTokenizer tokenizer) =>
        tensor([.. prompts.SelectMany(prompt => tokenizer.Encode(prompt, AddedTokenMode.SplitSpecial).Ids.Select(id => (long)id))])
            .view(prompts.Length, tokenizer.MaxLength);
}
