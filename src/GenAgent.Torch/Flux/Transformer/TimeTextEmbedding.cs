using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>
/// The conditioning vector: time, guidance (where the model has it) and pooled text, each through a small network, added up to <c>[batch, hidden]</c>.
/// </summary>
internal sealed class TimeTextEmbedding : Layer
{
    private const int SinusoidChannels = 256;

    // The exponent is rounded to fp32 as in the reference: the angle amplifies a last-bit difference a thousandfold.
    private static readonly float[] Frequencies =
        [.. Enumerable.Range(0, SinusoidChannels / 2).Select(channel => (float)Math.Exp((float)-Math.Log(10_000) * channel / (SinusoidChannels / 2)))];

    private readonly EmbeddingNetwork _time;
    private readonly EmbeddingNetwork? _guidance;
    private readonly EmbeddingNetwork _text;

    public TimeTextEmbedding(FluxTransformerConfig config, Device? device, ScalarType? dtype)
        : base(nameof(TimeTextEmbedding))
    {
        _time = new EmbeddingNetwork(SinusoidChannels, config.HiddenSize, device, dtype);
        _guidance = config.GuidanceEmbeds ? new EmbeddingNetwork(SinusoidChannels, config.HiddenSize, device, dtype) : null;
        _text = new EmbeddingNetwork(config.PooledProjectionDim, config.HiddenSize, device, dtype);

        register_module("timestep_embedder", _time);
        if (_guidance is not null) register_module("guidance_embedder", _guidance);
        register_module("text_embedder", _text);
    }

    /// <summary>Called with the name and value of each part, for comparison with a reference.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    /// <summary>The conditioning vector.</summary>
    /// <param name="timestep">Sigma, <c>[batch]</c> in [0, 1].</param>
    /// <param name="guidance">Guidance scale, <c>[batch]</c>; null for a model without.</param>
    /// <param name="pooled">Pooled text, <c>[batch, pooled]</c>, of the model's dtype.</param>
    public Tensor Forward(Tensor timestep, Tensor? guidance, Tensor pooled)
    {
        using var scope = NewDisposeScope();
        var sum = Embed(_time, timestep, pooled.dtype, "timestep");
        if (_guidance is not null) sum = sum.Plus(Embed(_guidance, guidance!, pooled.dtype, "guidance"));
        var text = _text.Forward(pooled);
        Probe?.Invoke("text_embedder", text);
        return sum.Plus(text).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Cosines, then sines, of <paramref name="value"/> times 1000 at 128 frequencies from 1 down to nearly 1/10,000: <c>[batch, 256]</c> in fp32.
    /// </summary>
    internal static Tensor Sinusoid(Tensor value)
    {
        using var scope = NewDisposeScope();
        var frequencies = tensor(Frequencies, device: value.device);
        var angles = value.to(ScalarType.Float32).Times(1000).unsqueeze(1) * frequencies;
        return cat([angles.cos(), angles.sin()], -1).MoveToOuterDisposeScope();
    }

    private Tensor Embed(EmbeddingNetwork network, Tensor value, ScalarType dtype, string name)
    {
        var sinusoid = Sinusoid(value);
        Probe?.Invoke($"time_proj.{name}", sinusoid);
        var embedded = network.Forward(sinusoid.to(dtype));
        Probe?.Invoke($"{name}_embedder", embedded);
        return embedded;
    }
}

/// <summary>Linear, SiLU, linear.</summary>
internal sealed class EmbeddingNetwork : Layer
{
    private readonly Linear _first;
    private readonly Linear _second;

    public EmbeddingNetwork(int inFeatures, int outFeatures, Device? device, ScalarType? dtype)
        : base(nameof(EmbeddingNetwork))
    {
        _first = new Linear(inFeatures, outFeatures, device: device, dtype: dtype);
        _second = new Linear(outFeatures, outFeatures, device: device, dtype: dtype);
        register_module("linear_1", _first);
        register_module("linear_2", _second);
    }

    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _second.forward(nn.functional.silu(_first.forward(input))).MoveToOuterDisposeScope();
    }
}
