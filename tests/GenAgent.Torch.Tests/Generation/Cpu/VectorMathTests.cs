using System.Runtime.Intrinsics;
using GenAgent.Torch.Generation.Cpu;

namespace GenAgent.Torch.Tests.Generation.Cpu;

public sealed class VectorMathTests
{
    [Fact]
    public void The_exponential_is_right_to_two_units_in_the_last_place()
    {
        var worst = 0.0;
        for (var x = -87.3f; x <= 88; x += 0.0037f)
        {
            var exact = Math.Exp(x);
            worst = Math.Max(worst, Math.Abs(Exp(x) - exact) / exact);
        }

        worst.ShouldBeLessThan(2 * Math.Pow(2, -23));
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-87.4f, 0f)]
    [InlineData(-1e30f, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void Powers_at_the_ends_of_what_fp32_holds(float x, float expected) => Exp(x).ShouldBe(expected);

    [Theory]
    [InlineData(88.1f)]
    [InlineData(1e30f)]
    [InlineData(float.PositiveInfinity)]
    public void Powers_beyond_fp32_stay_finite(float x) => Exp(x).ShouldBe(Exp(88));

    private static float Exp(float x) => VectorMath.Exp(Vector256.Create(x))[3];
}
