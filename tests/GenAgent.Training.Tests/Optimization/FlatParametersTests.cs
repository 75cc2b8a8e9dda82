using GenAgent.Torch;
using GenAgent.Training.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Optimization;

public sealed class FlatParametersTests
{
    [Fact]
    public void A_module_goes_on_computing_with_what_is_written_to_the_buffer()
    {
        using var scope = NewDisposeScope();
        var linear = nn.Linear(3, 2);
        var input = ones(1, 3);
        var before = linear.forward(input).data<float>().ToArray();
        using var parameters = new FlatParameters(linear.named_parameters());
        linear.forward(input).data<float>().ToArray().ShouldBe(before);

        parameters.Values.zero_();

        linear.forward(input).data<float>().ShouldAllBe(value => value == 0);
    }

    [Fact]
    public void Gradients_are_those_of_an_ordinary_backward_pass_and_add_up()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(nn.Linear(4, 5), nn.GELU(), nn.Linear(5, 1));
        var input = randn(3, 4);
        model.forward(input).Squared().sum().backward();
        var expected = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.data<float>().ToArray());
        using var parameters = new FlatParameters(model.named_parameters());
        using var gradient = new GradientBuffer(parameters);

        gradient.Accumulate(model.forward(input).Squared().sum());
        gradient.Accumulate(model.forward(input).Squared().sum().Times(0.5));

        foreach (var (name, values) in expected)
            gradient[name].contiguous().data<float>().ToArray().Zip(values).ShouldAllBe(pair => Math.Abs(pair.First - (1.5f * pair.Second)) < 1e-5f);
    }

    [Fact]
    public void Parameters_that_need_no_gradient_stay_where_they_are()
    {
        using var scope = NewDisposeScope();
        var (trained, frozen) = (new Parameter(ones(2)), new Parameter(ones(2), requires_grad: false));

        using var parameters = new FlatParameters([("trained", trained), ("frozen", frozen)]);

        parameters.Slots.Select(slot => slot.Name).ShouldBe(["trained"]);
        parameters.Values.zero_();
        frozen.data<float>().ShouldAllBe(value => value == 1);
    }

    [Fact]
    public void Mixed_dtypes_and_doubled_names_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var (single, wide) = (new Parameter(ones(2)), new Parameter(ones(2, dtype: ScalarType.Float64)));

        Should.Throw<ArgumentException>(() => new FlatParameters([("a", single), ("b", wide)])).Message.ShouldContain("b is Float64");
        Should.Throw<ArgumentException>(() => new FlatParameters([("a", single), ("a", single)])).Message.ShouldContain("same name");
        Should.Throw<ArgumentException>(() => new FlatParameters([]));
    }
}
