using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch;

/// <summary>
/// Arithmetic between tensors and numbers, and the sums of tensors that TorchSharp makes with a hidden factor of one. TorchSharp 0.107 boxes such
/// a number in a <see cref="Scalar"/> that nothing refers to while the native call reads it: a garbage collection on another thread at that
/// moment frees it, and the call fails or computes with whatever lies there. Here each box is kept alive until its call has returned. A test checks that no
/// other code of this project lets TorchSharp create one.
/// </summary>
public static class Arithmetic
{
    private static readonly Scalar One = 1L.ToScalar();
    private static readonly Scalar Two = 2L.ToScalar();

    /// <summary>The sum.</summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <returns>A new tensor of the broadcast shape.</returns>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>The left tensor plus the right one times a factor.</summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="factor">The factor.</param>
    /// <returns>A new tensor of the broadcast shape.</returns>
    public static Tensor Plus(this Tensor left, Tensor right, double factor)
    {
        using var scalar = factor.ToScalar();
        return left.add(right, scalar);
    }

    /// <summary>The sum with a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Plus(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.add(scalar, One);
    }

    /// <summary>The sum with a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Plus(this Tensor tensor, long number)
    {
        using var scalar = number.ToScalar();
        return tensor.add(scalar, One);
    }

    /// <summary>Adds a tensor to this one.</summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <returns>The left tensor.</returns>
    public static Tensor PlusInPlace(this Tensor left, Tensor right) => left.add_(right, One);

    /// <summary>Adds a tensor times a factor to this one.</summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="factor">The factor.</param>
    /// <returns>The left tensor.</returns>
    public static Tensor PlusInPlace(this Tensor left, Tensor right, double factor)
    {
        using var scalar = factor.ToScalar();
        return left.add_(right, scalar);
    }

    /// <summary>Adds a number to this tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>The tensor that was given.</returns>
    public static Tensor PlusInPlace(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.add_(scalar, One);
    }

    /// <summary>The difference with a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Minus(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.sub(scalar);
    }

    /// <summary>The product with a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Times(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>The product with a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Times(this Tensor tensor, long number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>Multiplies this tensor by a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>The tensor that was given.</returns>
    public static Tensor TimesInPlace(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul_(scalar);
    }

    /// <summary>The quotient by a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Over(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.div(scalar);
    }

    /// <summary>Divides this tensor by a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>The tensor that was given.</returns>
    public static Tensor OverInPlace(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.div_(scalar);
    }

    /// <summary>The squares, element by element.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Squared(this Tensor tensor) => tensor.pow(Two);

    /// <summary>Adds the product of two tensors times a factor to this one.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="factor">The factor.</param>
    /// <returns>The left tensor.</returns>
    public static Tensor PlusProductInPlace(this Tensor tensor, Tensor left, Tensor right, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.addcmul_(left, right, scalar);
    }

    /// <summary>Adds the quotient of two tensors times a factor to this one.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="factor">The factor.</param>
    /// <returns>The left tensor.</returns>
    public static Tensor PlusQuotientInPlace(this Tensor tensor, Tensor left, Tensor right, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.addcdiv_(left, right, scalar);
    }

    /// <summary>Each element, clamped to the range.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="least">The lower end.</param>
    /// <param name="most">The upper end.</param>
    /// <returns>A new tensor of the same shape.</returns>
    public static Tensor Within(this Tensor tensor, double least, double most)
    {
        using var low = least.ToScalar();
        using var high = most.ToScalar();
        return tensor.clamp(low, high);
    }

    /// <summary>Where the elements equal a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>Booleans of the tensor's shape.</returns>
    public static Tensor EqualTo(this Tensor tensor, long number)
    {
        using var scalar = number.ToScalar();
        return tensor.eq(scalar);
    }

    /// <summary>Where the elements differ from a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>Booleans of the tensor's shape.</returns>
    public static Tensor NotEqualTo(this Tensor tensor, long number)
    {
        using var scalar = number.ToScalar();
        return tensor.ne(scalar);
    }

    /// <summary>Sets every element to a number.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">The number.</param>
    /// <returns>The tensor that was given.</returns>
    public static Tensor FillInPlace(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.fill_(scalar);
    }

    /// <summary>A tensor of one number.</summary>
    /// <param name="shape">Its sides.</param>
    /// <param name="number">The number.</param>
    /// <param name="dtype">Its type; null for the default.</param>
    /// <param name="device">Its device; null for the CPU.</param>
    /// <returns>A tensor of the given shape.</returns>
    public static Tensor Filled(long[] shape, double number, ScalarType dtype = ScalarType.Float32, Device? device = null)
    {
        using var scalar = number.ToScalar();
        return full(shape, scalar, dtype: dtype, device: device);
    }

    /// <summary>0, <paramref name="step"/>, 2 <paramref name="step"/>, ... below <paramref name="end"/>.</summary>
    /// <param name="end">The exclusive end.</param>
    /// <param name="dtype">The type of the parameters.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="step">The step between elements.</param>
    /// <returns><c>[count]</c>.</returns>
    public static Tensor Counted(long end, ScalarType dtype, Device? device = null, long step = 1)
    {
        using var first = 0L.ToScalar();
        using var last = end.ToScalar();
        using var each = step.ToScalar();
        return arange(first, last, each, dtype: dtype, device: device);
    }
}
