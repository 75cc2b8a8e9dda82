using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>Linear to four times the width, GELU (tanh form), linear back.</summary>
internal sealed class FeedForward : Layer
{
    private readonly Linear _widen;
    private readonly Linear _narrow;

    public FeedForward(int hidden, Device? device, ScalarType? dtype)
        : base(nameof(FeedForward))
    {
        _widen = new Linear(hidden, 4 * hidden, device: device, dtype: dtype);
        _narrow = new Linear(4 * hidden, hidden, device: device, dtype: dtype);
        register_module("net", new NameScope(("0", new NameScope(("proj", _widen))), ("2", _narrow)));
    }

    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _narrow.forward(Gelu(_widen.forward(input))).MoveToOuterDisposeScope();
    }

    /// <summary>GELU in its tanh form; in place where no gradient is needed, so the caller must own <paramref name="input"/>.</summary>
    internal static Tensor Gelu(Tensor input) =>
        nn.functional.gelu(input, TorchSharp.Modules.GELU.Approximate.tanh, inplace: !input.requires_grad);
}
