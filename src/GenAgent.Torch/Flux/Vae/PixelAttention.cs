using GenAgent.Torch.Layers;
using static TorchSharp.torch;
using GroupNorm = TorchSharp.Modules.GroupNorm;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>One head of self-attention over all pixels, added to its input; shape is kept.</summary>
internal sealed class PixelAttention : MapLayer
{
    private readonly GroupNorm _norm;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    public PixelAttention(int channels, int groups, Device? device, ScalarType? dtype)
        : base(nameof(PixelAttention))
    {
        _norm = nn.GroupNorm(groups, channels, eps: ResidualBlock.NormEpsilon, device: device, dtype: dtype);
        _query = new Linear(channels, channels, device: device, dtype: dtype);
        _key = new Linear(channels, channels, device: device, dtype: dtype);
        _value = new Linear(channels, channels, device: device, dtype: dtype);
        _output = new Linear(channels, channels, device: device, dtype: dtype);

        register_module("group_norm", _norm);
        register_module("to_q", _query);
        register_module("to_k", _key);
        register_module("to_v", _value);
        register_module("to_out", new TorchSharp.Modules.ModuleList<Linear>(_output));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3]);
        var pixels = _norm.forward(input).flatten(2).transpose(1, 2);
        var query = _query.forward(pixels).unsqueeze(1);
        var key = _key.forward(pixels).unsqueeze(1);
        var value = _value.forward(pixels).unsqueeze(1);
        var attended = nn.functional.scaled_dot_product_attention(query, key, value).squeeze(1);
        return _output.forward(attended).transpose(1, 2).reshape(batch, channels, height, width).Plus(input).MoveToOuterDisposeScope();
    }
}
