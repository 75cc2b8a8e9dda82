using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>
/// FLUX.1's rectified-flow transformer (diffusers' <c>FluxTransformer2DModel</c>; parameters bear its names).
/// Weights are unset until loaded or initialised. One forward pass at a time; gradients flow where grad mode is on.
/// </summary>
public sealed class FluxTransformer : Layer
{
    private readonly Linear _imageIn;
    private readonly Linear _textIn;
    private readonly TimeTextEmbedding _conditioning;
    private readonly ModulationBank _modulations;
    private readonly ModuleList<DoubleStreamBlock> _doubleBlocks;
    private readonly ModuleList<SingleStreamBlock> _singleBlocks;
    private readonly ModulationLinear _normOut;
    private readonly Linear _out;

    /// <summary>Builds the modules with unset weights.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <exception cref="InvalidDataException">The config cannot be built.</exception>
    public FluxTransformer(FluxTransformerConfig config, Device? device = null, ScalarType? dtype = null)
        : base(nameof(FluxTransformer))
    {
        ModelConfig.ThrowIfFaulty(config, "the transformer's config");
        Config = config;
        _imageIn = new Linear(config.InChannels, config.HiddenSize, device: device, dtype: dtype);
        _textIn = new Linear(config.JointAttentionDim, config.HiddenSize, device: device, dtype: dtype);
        _conditioning = new TimeTextEmbedding(config, device, dtype);
        _doubleBlocks = new ModuleList<DoubleStreamBlock>([.. Enumerable.Range(0, config.NumLayers).Select(_ => new DoubleStreamBlock(config, device, dtype))]);
        _singleBlocks = new ModuleList<SingleStreamBlock>(
            [.. Enumerable.Range(0, config.NumSingleLayers).Select(_ => new SingleStreamBlock(config, device, dtype))]);
        _normOut = new ModulationLinear(config.HiddenSize, 2, device, dtype);
        _out = new Linear(config.HiddenSize, config.OutFeatures, device: device, dtype: dtype);
        _modulations = new ModulationBank(
            [.. _doubleBlocks.SelectMany(block => block.Modulations), .. _singleBlocks.Select(block => block.Modulation), _normOut],
            [.. Enumerable.Range(0, 3 * (4 * config.NumLayers + config.NumSingleLayers)).Select(vector => vector % 3 == 1), true, false]);

        register_module("x_embedder", _imageIn);
        register_module("context_embedder", _textIn);
        register_module("time_text_embed", _conditioning);
        register_module("transformer_blocks", _doubleBlocks);
        register_module("single_transformer_blocks", _singleBlocks);
        register_module("norm_out", _normOut);
        register_module("proj_out", _out);
    }

    /// <summary>The shape that this model was built with.</summary>
    public FluxTransformerConfig Config { get; }

    /// <summary>The dtype that the inputs must have.</summary>
    public ScalarType Dtype => _imageIn.Weight.dtype;

    /// <summary>Where the weights are.</summary>
    public Device Device => _imageIn.Device;

    /// <summary>Called with the name and value of each stage's output, for comparison with a reference.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    /// <summary>The velocity (noise minus image) at <paramref name="timestep"/>.</summary>
    /// <param name="image">Packed latents, <c>[batch, image tokens, in_channels]</c>.</param>
    /// <param name="text">T5 features, <c>[batch, text tokens, joint_attention_dim]</c>.</param>
    /// <param name="pooled">Pooled CLIP features, <c>[batch, pooled_projection_dim]</c>.</param>
    /// <param name="timestep">Sigma, <c>[batch]</c> in [0, 1].</param>
    /// <param name="guidance">Guidance scale, <c>[batch]</c>; needed by a model with guidance embedding, ignored by one without.</param>
    /// <param name="rope">Positions of all tokens.</param>
    /// <returns><c>[batch, image tokens, out features]</c>.</returns>
    /// <exception cref="ArgumentException">A shape does not fit, or guidance is missing.</exception>
    public Tensor Forward(Tensor image, Tensor text, Tensor pooled, Tensor timestep, Tensor? guidance, RotaryTable rope)
    {
        RequireShapes(image, text, pooled, guidance, rope);
        using var scope = NewDisposeScope();
        var tokens = _imageIn.forward(image);
        Probe?.Invoke("x_embedder", tokens);
        var textTokens = _textIn.forward(text);
        Probe?.Invoke("context_embedder", textTokens);
        _conditioning.Probe = Probe is null ? null : (name, value) => Probe($"temb.{name}", value);
        var conditioning = _conditioning.Forward(timestep, guidance, pooled);
        Probe?.Invoke("temb", conditioning);
        var vectors = _modulations.Forward(conditioning);

        for (var index = 0; index < _doubleBlocks.Count; index++)
        {
            var block = _doubleBlocks[index];
            block.Probe = ProbeInside("double", index);
            (tokens, textTokens) = block.Forward(tokens, textTokens, vectors, rope);
            Probe?.Invoke($"double.{index}.txt", textTokens);
            Probe?.Invoke($"double.{index}.img", tokens);
        }

        var sequence = cat([textTokens, tokens], 1);
        for (var index = 0; index < _singleBlocks.Count; index++)
        {
            var block = _singleBlocks[index];
            block.Probe = ProbeInside("single", index);
            sequence = block.Forward(sequence, vectors, rope);
            Probe?.Invoke($"single.{index}.txt", sequence.narrow(1, 0, rope.TextTokens));
            Probe?.Invoke($"single.{index}.img", sequence.narrow(1, rope.TextTokens, rope.ImageTokens));
        }

        var (gain, shift) = (vectors.Dequeue(), vectors.Dequeue());
        var last = Modulation.Apply(sequence.narrow(1, rope.TextTokens, rope.ImageTokens), shift, gain);
        Probe?.Invoke("norm_out", last);
        return _out.forward(last).MoveToOuterDisposeScope();
    }

    /// <summary>All affine maps by their published names.</summary>
    internal Dictionary<string, Linear> Linears() =>
        named_modules().Where(entry => entry.module is Linear).ToDictionary(entry => entry.name, entry => (Linear)entry.module, StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _modulations.Dispose();
        base.Dispose(disposing);
    }

    private Action<string, Tensor>? ProbeInside(string kind, int index) =>
        Probe is { } probe ? (name, value) => probe($"detail.{kind}.{index}.{name}", value) : null;

    private void RequireShapes(Tensor image, Tensor text, Tensor pooled, Tensor? guidance, RotaryTable rope)
    {
        var batch = image.shape[0];
        Require(image, [batch, rope.ImageTokens, Config.InChannels], nameof(image));
        Require(text, [batch, rope.TextTokens, Config.JointAttentionDim], nameof(text));
        Require(pooled, [batch, Config.PooledProjectionDim], nameof(pooled));
        if (!Config.GuidanceEmbeds) return;
        if (guidance is null) throw new ArgumentException("This model embeds the guidance scale (\"guidance_embeds\" is true); pass one.", nameof(guidance));
        Require(guidance, [batch], nameof(guidance));

        static void Require(Tensor tensor, long[] expected, string name)
        {
            if (!tensor.shape.AsSpan().SequenceEqual(expected))
                throw new ArgumentException($"\"{name}\" must be [{string.Join(", ", expected)}], but is [{string.Join(", ", tensor.shape)}].", name);
        }
    }
}
