using GenAgent.Torch;
using GenAgent.Training.Optimization;
using TorchSharp;

namespace GenAgent.Training.Tests.Optimization;

public sealed class ExponentialMovingAverageTests
{
    [Fact]
    public void Early_weights_are_soon_forgotten_and_late_ones_slowly()
    {
        using var scope = torch.NewDisposeScope();
        using var parameters = DoubleParameters.Of([[0.0]]);
        using var average = new ExponentialMovingAverage(parameters, 0.9);
        parameters.Values.FillInPlace(1);

        average.Update();
        average.Values[0].item<double>().ShouldBe(0.9, 1e-12);
        for (var i = 0; i < 200; i++) average.Update();
        parameters.Values.FillInPlace(2);
        average.Update();

        average.Values[0].item<double>().ShouldBe(1.1, 1e-9);
    }

    [Fact]
    public void Borrowing_the_average_gives_the_weights_back_bit_by_bit()
    {
        using var scope = torch.NewDisposeScope();
        using var parameters = DoubleParameters.Of([[0.1, 0.7]]);
        using var average = new ExponentialMovingAverage(parameters, 0.99);
        parameters.Values.TimesInPlace(3);
        var before = parameters.Values.data<double>().ToArray();

        using (average.Borrow())
        {
            parameters.Values[0].item<double>().ShouldBe(0.1);
            Should.Throw<InvalidOperationException>(() => average.Borrow());
        }

        parameters.Values.data<double>().ToArray().ShouldBe(before);
    }
}
