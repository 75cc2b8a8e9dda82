using System.Globalization;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Native;
using GenAgent.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Bench;

/// <summary>
/// Times of a denoising step (with and without gradients) and of a VAE decode, beside the machine's matmul rate. Work is counted from the shapes:
/// products and attention of the transformer, convolutions and attention of the decoder; norms and activations count as nothing.
/// </summary>
internal static class FluxBench
{
    // What diffusers takes on one core with 205 GFLOP/s of matmul, in milliseconds.
    private static readonly Dictionary<string, double> Reference = new(StringComparer.Ordinal)
    {
        ["small-1"] = 28, ["small-8"] = 154, ["small-32"] = 615, ["train-1"] = 88, ["train-8"] = 447, ["train-32"] = 1710, ["large-fp32"] = 3300,
            ["large-bf16"] = 1000,
    };

    private static readonly FluxTransformerConfig Small = Shape(heads: 8, headDim: 32, [8, 12, 12], doubles: 3, singles: 6);
    private static readonly FluxTransformerConfig Large = Shape(heads: 8, headDim: 128, [16, 56, 56], doubles: 4, singles: 8);

    public static void Run(string[] args)
    {
        set_num_threads(args is ["--threads", var threads, ..] ? int.Parse(threads, CultureInfo.InvariantCulture) : 1);
        var only = args.SkipWhile(word => word is not "--only").Skip(1).FirstOrDefault() ?? "";
        Console.WriteLine($"{get_num_threads()} thread(s); times are the best of several; share is of the matmul rate, measured turn by turn with the step");
        Console.WriteLine("small, train: hidden 256 (8 x 32), 3 + 6 layers, 64 + 32 tokens, batch as named (train: with backward); large: hidden 1024 (8 x "
            + "128), 4 + 8 layers, 1024 + 128 tokens");
        foreach (var batch in new[] { 1, 8, 32 })
        {
            if (Wanted($"small-{batch}")) Step($"small-{batch}", Small, batch, 64, 32, ScalarType.Float32, backward: false);
        }

        foreach (var batch in new[] { 1, 8, 32 })
        {
            if (Wanted($"train-{batch}")) Step($"train-{batch}", Small, batch, 64, 32, ScalarType.Float32, backward: true);
        }

        if (Wanted("large-fp32")) Step("large-fp32", Large, 1, 1024, 128, ScalarType.Float32, backward: false);
        if (Wanted("large-bf16"))
        {
            if (ProcessorFeatures.HasBFloat16) Step("large-bf16", Large, 1, 1024, 128, ScalarType.BFloat16, backward: false);
            else Console.WriteLine("large-bf16   not measured: this processor has no dot products of bfloat16 (AVX512_BF16, AMX)");
        }

        foreach (var batch in new[] { 1, 8, 32 })
        {
            if (Wanted($"vae-small-{batch}")) Decode($"vae-small-{batch}", [32, 64, 128], 2, 4, 16, batch);
        }

        // The latents of 64 and of 1,024 image tokens.
        if (Wanted("vae-flux")) Decode("vae-flux", [128, 256, 512, 512], 2, 16, 16, batch: 1);
        if (Wanted("vae-large")) Decode("vae-large", [128, 256, 512, 512], 2, 16, 64, batch: 1);

        bool Wanted(string name) => name.StartsWith(only, StringComparison.Ordinal);
    }

    private static void Step(string name, FluxTransformerConfig config, int batch, int imageTokens, int textTokens, ScalarType dtype, bool backward)
    {
        using var scope = NewDisposeScope();
        using var model = new FluxTransformer(config, dtype: dtype);
        FluxInitializer.Initialize(model, seed: 1);
        using (no_grad())
        {
            foreach (var parameter in model.parameters().Where(parameter => parameter.abs().max().ToSingle() == 0)) parameter.normal_(0, 0.02);
        }

        if (!backward) model.Freeze();
        var side = (int)Math.Sqrt(imageTokens) * LatentPacking.PatchSide;
        using var rope = RotaryTable.For(config, textTokens, LatentPacking.ImageIds(side, side));
        var image = randn(batch, imageTokens, config.InChannels).to(dtype);
        var text = randn(batch, textTokens, config.JointAttentionDim).to(dtype);
        var pooled = randn(batch, config.PooledProjectionDim).to(dtype);
        var (timestep, guidance) = (Arithmetic.Filled([batch], 0.5), Arithmetic.Filled([batch], 3.5));

        var measured = Machine.Time(
            () =>
            {
                using var inner = NewDisposeScope();
                using var mode = set_grad_enabled(backward);
                var velocity = model.Forward(image, text, pooled, timestep, guidance, rope);
                if (!backward) return;
                velocity.Squared().mean().backward();
                model.zero_grad(set_to_none: true);
            },
            dtype);
        var work = (backward ? 3 : 1) * Flops(config, batch, imageTokens, textTokens) / 1e9;
        Report(name, measured, work);
    }

    private static void Decode(string name, int[] widths, int layers, int latentChannels, int latentSide, int batch)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var vae = new AutoencoderKL(new AutoencoderConfig
        {
            BlockOutChannels = widths, LayersPerBlock = layers, LatentChannels = latentChannels, NormNumGroups = 32, UseQuantConv = false,
                UsePostQuantConv = false,
        });
        FluxInitializer.Initialize(vae, seed: 1);
        var latents = randn(batch, latentChannels, latentSide, latentSide);

        var measured = Machine.Time(() => vae.Decode(latents).Dispose());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: channels {string.Join('-', widths)}, {layers} + 1 blocks a level, {latentChannels} x {latentSide} x {latentSide} latents to {batch} "
                + $"image(s) of {latentSide << (widths.Length - 1)} x {latentSide << (widths.Length - 1)}"));
        Report(name, measured, DecodeFlops(widths, layers, latentChannels, latentSide, batch) / 1e9);
    }

    private static void Report(string name, Measured measured, double gigaflops)
    {
        var time = get_num_threads() == 1 ? Math.Min(measured.WallMilliseconds, measured.CpuMilliseconds) : measured.WallMilliseconds;
        var rate = gigaflops / time * 1000;
        var scaled = time * measured.GemmRate / 205;
        var reference = Reference.TryGetValue(name, out var theirs) && get_num_threads() == 1
            ? string.Create(CultureInfo.InvariantCulture, $" (reference {theirs:f0} ms, {theirs / scaled:f2} times as fast)")
            : string.Empty;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12} {measured.WallMilliseconds,9:f1} ms ({measured.CpuMilliseconds,9:f1} of processor time)   {gigaflops,7:f1} GFLOP   {rate,7:f1} "
                + $"GFLOP/s   matmul {measured.GemmRate,7:f1} GFLOP/s   share {rate / measured.GemmRate,5:p0}   "
                + $"as at 205 GFLOP/s: {scaled,8:f1} ms{reference}"));
    }

    private static double Flops(FluxTransformerConfig config, long batch, long image, long text)
    {
        double hidden = config.HiddenSize;
        var tokens = image + text;
        var attention = 4 * tokens * tokens * hidden;
        var block = 24 * tokens * hidden * hidden + attention;
        var blocks = (config.NumLayers + config.NumSingleLayers) * block;
        var modulations = 2 * hidden * hidden * (12 * config.NumLayers + 3 * config.NumSingleLayers + 2);
        return batch * (blocks + modulations + 2 * hidden * (image * 2 * config.InChannels + text * config.JointAttentionDim));
    }

    private static double DecodeFlops(int[] widths, int layers, int latentChannels, long side, long batch)
    {
        int[] inward = [.. widths.Reverse()];
        double Conv(double from, double to, double pixels, int kernel = 3) => 2 * from * to * kernel * kernel * pixels;
        double pixels = side * side;
        var total = Conv(latentChannels, inward[0], pixels) + 4 * Conv(inward[0], inward[0], pixels) + 4 * Conv(inward[0], inward[0], pixels, 1)
            + 4 * pixels * pixels * inward[0];
        for (var level = 0; level < inward.Length; level++)
        {
            var (from, to) = (inward[Math.Max(level - 1, 0)], inward[level]);
            total += Conv(from, to, pixels) + (2 * layers + 1) * Conv(to, to, pixels) + (from == to ? 0 : Conv(from, to, pixels, 1));
            if (level == inward.Length - 1) continue;
            pixels *= 4;
            total += Conv(to, to, pixels);
        }

        return batch * (total + Conv(inward[^1], 3, pixels));
    }

    private static FluxTransformerConfig Shape(int heads, int headDim, int[] axes, int doubles, int singles) => new()
    {
        InChannels = 64, NumAttentionHeads = heads, AttentionHeadDim = headDim, AxesDimsRope = axes, NumLayers = doubles, NumSingleLayers = singles,
        JointAttentionDim = 256, PooledProjectionDim = 256, GuidanceEmbeds = true,
    };
}
