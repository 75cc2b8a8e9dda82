using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>Runs a function without storing its activations, and recomputes it in the backward pass.</summary>
internal static class ActivationCheckpoint
{
    /// <summary>
    /// Returns the function's value; gradients flow to its input and to every parameter that it uses. Captured tensors must live until the backward pass:
    /// see <see cref="Kept"/>.
    /// </summary>
    public static Tensor Run(Func<Tensor, Tensor> function, Tensor input) => is_grad_enabled() ? Recomputed.apply(function, input) : function(input);

    /// <summary>A second handle that no dispose scope disposes; it lives as long as the function that captures it.</summary>
    public static Tensor Kept(Tensor tensor) => tensor.alias().DetachFromDisposeScope();

    private sealed record Call(Func<Tensor, Tensor> Function, Tensor Input);

    private sealed class Recomputed : autograd.SingleTensorFunction<Recomputed>
    {
        private const string Key = "call";

        public override string Name => nameof(Recomputed);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (function, input) = ((Func<Tensor, Tensor>)vars[0], ((Tensor)vars[1]).detach().DetachFromDisposeScope());
            ctx.save_data(Key, new Call(function, input));
            using var noGrad = no_grad();
            return function(input);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            using var withGrad = enable_grad();
            var call = (Call)ctx.get_data(Key);
            using var input = call.Input.requires_grad_(true);
            var output = call.Function(input);
            output.backward([grad_output]);
            return [null!, input.grad!.MoveToOuterDisposeScope()];
        }
    }
}
