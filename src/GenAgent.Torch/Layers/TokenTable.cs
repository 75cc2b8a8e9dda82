using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>An embedding table, uninitialized until loaded or initialised.</summary>
internal sealed class TokenTable : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    public TokenTable(int rows, int width, Device? device, ScalarType? dtype)
        : base(nameof(TokenTable))
    {
        _weight = LastingParameter.Unset(device, dtype, rows, width);
        RegisterComponents();
    }

    /// <summary><c>[rows, width]</c>.</summary>
    public Parameter Weight => _weight;

    /// <summary>Ids of any shape to <c>[..., width]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var flat = input.flatten();
        using var rows = _weight.index_select(0, flat);
        return rows.view([.. input.shape, _weight.shape[1]]);
    }
}
