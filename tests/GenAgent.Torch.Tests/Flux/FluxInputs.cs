using GenAgent.Torch.Flux.Transformer;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

/// <summary>Feeds a transformer with a recording's inputs.</summary>
internal static class FluxInputs
{
    public static Tensor Run(FluxTransformer model, FluxCase golden, string prefix, double factor = 1)
    {
        using var rope = RotaryTable.For(model.Config, golden.Tensor(prefix + "txt_ids"), golden.Tensor(prefix + "img_ids"));
        return model.Forward(
            golden.Tensor(prefix + "hidden_states").Times(factor),
            golden.Tensor(prefix + "encoder_hidden_states").Times(factor),
            golden.Tensor(prefix + "pooled_projections"),
            golden.Tensor(prefix + "timestep"),
            golden.TensorOrNull(prefix + "guidance"),
            rope);
    }
}
