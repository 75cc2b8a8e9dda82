using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>A matrix product in a narrower type than its factors (mixed precision): about twice as fast where the processor multiplies bfloat16.</summary>
internal static class MatrixProduct
{
    /// <summary>
    /// Numbers of rows that a narrow product is fast with: its kernel is compiled for each shape at its first use, and thousands of shapes cost more than they
    /// save.
    /// </summary>
    public const int Rows = 64;

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>, in the input's type.</summary>
    /// <param name="input"><c>[..., in]</c>.</param>
    /// <param name="weight"><c>[out, in]</c>.</param>
    /// <param name="bias"><c>[out]</c>, added in the input's type; null for none.</param>
    /// <param name="type">The type that both factors are rounded to; null leaves them as they are.</param>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias, ScalarType? type)
    {
        if (type is not { } narrow || narrow == input.dtype) return nn.functional.linear(input, weight, bias);
        using var scope = NewDisposeScope();
        var product = nn.functional.linear(input.to(narrow), weight.to(narrow)).to(input.dtype);
        return (bias is null ? product : product.Plus(bias)).MoveToOuterDisposeScope();
    }
}
