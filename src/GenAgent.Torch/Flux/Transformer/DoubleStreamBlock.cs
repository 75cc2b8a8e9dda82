using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>
/// Text and image as two streams with separate weights and one joint attention (diffusers' <c>FluxTransformerBlock</c>).
/// </summary>
internal sealed class DoubleStreamBlock : Layer
{
    private readonly ModulationLinear _norm1;
    private readonly ModulationLinear _norm1Context;
    private readonly JointAttention _attention;
    private readonly FeedForward _feedForward;
    private readonly FeedForward _feedForwardContext;

    public DoubleStreamBlock(FluxTransformerConfig config, Device? device, ScalarType? dtype)
        : base(nameof(DoubleStreamBlock))
    {
        _norm1 = new ModulationLinear(config.HiddenSize, 6, device, dtype);
        _norm1Context = new ModulationLinear(config.HiddenSize, 6, device, dtype);
        _attention = new JointAttention(config, device, dtype);
        _feedForward = new FeedForward(config.HiddenSize, device, dtype);
        _feedForwardContext = new FeedForward(config.HiddenSize, device, dtype);

        register_module("norm1", _norm1);
        register_module("norm1_context", _norm1Context);
        register_module("attn", _attention);
        register_module("ff", _feedForward);
        register_module("ff_context", _feedForwardContext);
    }

    /// <summary>
    /// The maps of this block's modulations, in the order in which <see cref="Forward"/> takes the vectors: shift, scale and gate of attention, then of the
    /// feed-forward network; image, then text.
    /// </summary>
    public ModulationLinear[] Modulations => [_norm1, _norm1Context];

    /// <summary>Called with the name and value of the inner steps, for comparison with a reference.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    /// <summary>Image and text after this block; the inputs may have been overwritten.</summary>
    public (Tensor Image, Tensor Text) Forward(Tensor image, Tensor text, Queue<Tensor> vectors, RotaryTable rope)
    {
        using var scope = NewDisposeScope();
        var (imageAttention, imageFeed) = (Take(vectors), Take(vectors));
        var (textAttention, textFeed) = (Take(vectors), Take(vectors));

        var (imageIn, textIn) = (imageAttention.Apply(image), textAttention.Apply(text));
        Report("norm1", imageIn, imageAttention, imageFeed);
        Report("norm1_context", textIn, textAttention, textFeed);
        var (imageOut, textOut) = _attention.Forward(imageIn, textIn, rope);
        Probe?.Invoke("attn.0", imageOut);
        Probe?.Invoke("attn.1", textOut);

        image = imageAttention.Add(image, imageOut);
        image = imageFeed.Add(image, _feedForward.Forward(imageFeed.Apply(image)));
        text = textAttention.Add(text, textOut);
        text = textFeed.Add(text, _feedForwardContext.Forward(textFeed.Apply(text)));
        return (image.MoveToOuterDisposeScope(), HalfRange.Cut(text).MoveToOuterDisposeScope());
    }

    private static Modulation Take(Queue<Tensor> vectors) => new(vectors.Dequeue(), vectors.Dequeue(), vectors.Dequeue());

    private void Report(string name, Tensor bent, Modulation attention, Modulation feed)
    {
        if (Probe is null) return;
        Probe($"{name}.0", bent);
        Probe($"{name}.1", attention.Gate.squeeze(1));
        Probe($"{name}.2", feed.Shift.squeeze(1));
        Probe($"{name}.3", feed.Gain.squeeze(1).Minus(1));
        Probe($"{name}.4", feed.Gate.squeeze(1));
    }
}

/// <summary>Projections of the two streams around one attention.</summary>
internal sealed class JointAttention : Layer
{
    private readonly QueryKeyNorm _norm;
    private readonly QueryKeyNorm _normText;
    private readonly LinearGroup _joint;
    private readonly LinearGroup _jointText;
    private readonly Linear _out;
    private readonly Linear _outText;

    public JointAttention(FluxTransformerConfig config, Device? device, ScalarType? dtype)
        : base(nameof(JointAttention))
    {
        var hidden = config.HiddenSize;
        _norm = new QueryKeyNorm(config.AttentionHeadDim, device, dtype);
        register_module("norm_q", _norm.Query);
        register_module("norm_k", _norm.Key);
        _joint = new LinearGroup(Map("to_q"), Map("to_k"), Map("to_v"));
        _normText = new QueryKeyNorm(config.AttentionHeadDim, device, dtype);
        register_module("norm_added_q", _normText.Query);
        register_module("norm_added_k", _normText.Key);
        _jointText = new LinearGroup(Map("add_q_proj"), Map("add_k_proj"), Map("add_v_proj"));
        _out = new Linear(hidden, hidden, device: device, dtype: dtype);
        register_module("to_out", new NameScope(("0", _out)));
        _outText = Map("to_add_out");

        Linear Map(string name)
        {
            var map = new Linear(hidden, hidden, device: device, dtype: dtype);
            register_module(name, map);
            return map;
        }
    }

    public (Tensor Image, Tensor Text) Forward(Tensor image, Tensor text, RotaryTable rope)
    {
        using var scope = NewDisposeScope();
        var joint = cat([_jointText.Forward(text), _joint.Forward(image)], 1);
        var attended = RotaryAttention.Attend(joint, _norm, _normText, rope);
        var imageOut = _out.forward(attended.narrow(1, rope.TextTokens, rope.ImageTokens));
        var textOut = _outText.forward(attended.narrow(1, 0, rope.TextTokens));
        return (imageOut.MoveToOuterDisposeScope(), textOut.MoveToOuterDisposeScope());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _joint.Dispose();
            _jointText.Dispose();
        }

        base.Dispose(disposing);
    }
}
