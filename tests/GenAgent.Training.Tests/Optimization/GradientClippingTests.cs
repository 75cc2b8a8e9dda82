using GenAgent.TestKit.Golden;
using GenAgent.Training.Optimization;
using GenAgent.Training.Tests.Golden;
using TorchSharp;

namespace GenAgent.Training.Tests.Optimization;

public sealed class GradientClippingTests
{
    [Fact]
    public void Gradients_are_scaled_as_the_reference_scales_them()
    {
        Recorded.Each(GoldenJson.All("grad_clip.json", "cases"), item =>
        {
            using var scope = torch.NewDisposeScope();
            var rows = item.Need("grads").Rows();
            using var parameters = DoubleParameters.Of(rows);

            GradientClipping.ClipByNorm(parameters.Values, item.Need("max_norm").Number()).ShouldMatch(item.Need("norm").Number(), "norm");

            var clipped = DoubleParameters.Read(parameters, parameters.Values);
            var expected = item.Need("clipped").Rows();
            for (var i = 0; i < expected.Length; i++) clipped[i].ShouldMatch(expected[i], $"row {i}");
        });
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_reported_and_left_alone()
    {
        using var gradient = torch.tensor([1.0, double.NaN]);

        double.IsNaN(GradientClipping.ClipByNorm(gradient, 1)).ShouldBeTrue();

        gradient.data<double>()[0].ShouldBe(1.0);
    }
}
