using TorchSharp;

namespace GenAgent.Torch.Tests.Golden;

/// <summary>Comparisons that say where two tensors differ most.</summary>
internal static class Compare
{
    public static float[] Floats(torch.Tensor tensor)
    {
        using var noGrad = torch.no_grad();
        using var detached = tensor.detach();
        using var wide = detached.to(torch.ScalarType.Float32);
        using var local = wide.cpu();
        using var dense = local.contiguous();
        return dense.data<float>().ToArray();
    }

    public static void Close(ReadOnlySpan<float> expected, torch.Tensor actual, string what, double absolute = 2e-4, double relative = 2e-4) =>
        Close(expected, Floats(actual), what, absolute, relative);

    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what, double absolute = 2e-4, double relative = 2e-4)
    {
        actual.Length.ShouldBe(expected.Length, what);
        var (worst, excess) = (-1, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            var over = Math.Abs((double)expected[i] - actual[i]) - absolute - (relative * Math.Abs(expected[i]));
            if (over > excess || double.IsNaN(actual[i]))
            {
                (worst, excess) = (i, double.IsNaN(actual[i]) ? double.MaxValue : over);
            }
        }

        if (worst >= 0)
        {
            Assert.Fail($"{what}: entry {worst} is {actual[worst]}, the reference has {expected[worst]}");
        }
    }

    /// <summary>The L2 norm of the difference over that of the reference.</summary>
    public static double RelativeError(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        actual.Length.ShouldBe(expected.Length);
        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += ((double)expected[i] - actual[i]) * ((double)expected[i] - actual[i]);
            norm += (double)expected[i] * expected[i];
        }

        return norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
    }
}
