using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>Where the attention of a decoder layer takes its keys and values from, and which tokens see which.</summary>
internal interface IAttentionContext
{
    /// <summary>Attends from the queries of the new tokens.</summary>
    /// <param name="layer">Index of the decoder layer.</param>
    /// <param name="query"><c>[batch, heads, tokens, head size]</c>, turned to its positions.</param>
    /// <param name="key"><c>[batch, key-value heads, tokens, head size]</c>, turned to its positions.</param>
    /// <param name="value"><c>[batch, key-value heads, tokens, head size]</c>.</param>
    /// <returns><c>[batch, heads, tokens, head size]</c>.</returns>
    Tensor Attend(int layer, Tensor query, Tensor key, Tensor value);
}

/// <summary>Cosines and sines of the tokens' angles: <c>[batch, 1, tokens, head size]</c>, in the model's dtype.</summary>
internal sealed record RotaryTable(Tensor Cos, Tensor Sin);

/// <summary>Grouped-query attention with M-RoPE; q, k and v have biases, the output has none.</summary>
internal sealed class TextAttention : Layer
{
    private readonly Qwen25TextConfig _config;
    private readonly int _layer;

    public TextAttention(Qwen25TextConfig config, int layer, Device device, ScalarType dtype)
        : base(nameof(TextAttention))
    {
        (_config, _layer) = (config, layer);
        Query = new Linear(config.HiddenSize, config.Heads * config.HeadSize, bias: true, device, dtype);
        Key = new Linear(config.HiddenSize, config.KeyValueHeads * config.HeadSize, bias: true, device, dtype);
        Value = new Linear(config.HiddenSize, config.KeyValueHeads * config.HeadSize, bias: true, device, dtype);
        Output = new Linear(config.Heads * config.HeadSize, config.HiddenSize, bias: false, device, dtype);
        register_module("q_proj", Query);
        register_module("k_proj", Key);
        register_module("v_proj", Value);
        register_module("o_proj", Output);
    }

    public Linear Query { get; }

    public Linear Key { get; }

    public Linear Value { get; }

    public Linear Output { get; }

    /// <summary><c>[batch, tokens, hidden]</c> to the same shape.</summary>
    public Tensor Forward(Tensor hidden, RotaryTable rotary, IAttentionContext context)
    {
        var (batch, tokens) = (hidden.shape[0], hidden.shape[1]);
        var query = Rotary.Apply(Split(Query.forward(hidden), _config.Heads), rotary.Cos, rotary.Sin);
        var key = Rotary.Apply(Split(Key.forward(hidden), _config.KeyValueHeads), rotary.Cos, rotary.Sin);
        var value = Split(Value.forward(hidden), _config.KeyValueHeads);
        var mixed = context.Attend(_layer, query, key, value);
        return Output.forward(mixed.transpose(1, 2).reshape(batch, tokens, _config.Heads * _config.HeadSize));

        Tensor Split(Tensor states, int heads) => states.view(batch, tokens, heads, _config.HeadSize).transpose(1, 2);
    }
}
