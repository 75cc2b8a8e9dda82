using GenAgent.Training.Optimization;
using TorchSharp;
using Parameter = TorchSharp.Modules.Parameter;
using Muon = GenAgent.Training.Optimization.Muon;

namespace GenAgent.Training.Tests.Optimization;

public sealed class MuonTests
{
    [Theory]
    [InlineData(24, 24)]
    [InlineData(16, 64)]
    [InlineData(64, 16)]
    public void An_update_keeps_the_directions_of_the_gradient_and_levels_their_sizes(long rows, long columns)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(5);
        var gradient = torch.randn([rows, columns], generator: generator);

        var update = Muon.Orthogonalize(gradient, 5);

        var (left, _, right) = torch.linalg.svd(gradient, fullMatrices: false);
        var sizes = left.t().mm(update).mm(right.t());
        sizes.diag().min().item<float>().ShouldBeGreaterThan(0.5f);
        sizes.diag().max().item<float>().ShouldBeLessThan(1.3f);
        (sizes - sizes.diag().diag()).abs().max().item<float>().ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public void Only_matching_matrices_move_and_their_gradient_is_taken()
    {
        using var scope = torch.NewDisposeScope();
        using var parameters = Parameters();
        using var muon = new Muon(parameters, new MuonOptions { Match = "block", Except = "norm", UpdateScale = 0.5 });
        using var gradient = parameters.NewBuffer();
        foreach (var slot in parameters.Slots)
        {
            slot.View(gradient).copy_(torch.eye(slot.Shape[0], slot.Shape.Count > 1 ? slot.Shape[1] : 1).view([.. slot.Shape]));
        }

        muon.Step(gradient, learningRate: 0.01);

        muon.Names.ShouldBe(["block.map"]);
        foreach (var slot in parameters.Slots)
        {
            var moved = slot.Name == "block.map";
            slot.View(gradient).abs().sum().item<float>().ShouldBe(moved ? 0 : Math.Min(slot.Shape[0], slot.Shape.Count > 1 ? slot.Shape[1] : 1), slot.Name);
            var values = slot.View(parameters.Values);
            if (!moved) values.abs().sum().item<float>().ShouldBe(0, slot.Name);

            // The gradient is the identity: the update is it too, nearly, times the rate and the scale.
            else values.diag().mean().item<float>().ShouldBe(-0.01f * 0.5f * MathF.Sqrt(6), 0.3f * 0.01f, slot.Name);
        }
    }

    [Fact]
    public void Shares_taken_by_several_threads_add_up_to_a_step_by_one()
    {
        using var scope = torch.NewDisposeScope();
        using var alone = Parameters();
        using var shared = Parameters();
        using var first = new Muon(alone, new MuonOptions { Match = ".", Except = "" });
        using var second = new Muon(shared, new MuonOptions { Match = ".", Except = "" });
        using var gradient = alone.NewBuffer();
        using var generator = new torch.Generator(2);
        gradient.copy_(torch.randn([alone.Length], generator: generator));
        using var copy = gradient.clone();

        first.Step(gradient, 0.1);
        for (var part = 0; part < 3; part++) second.Step(copy, 0.1, part, 3);

        alone.Values.eq(shared.Values).all().item<bool>().ShouldBeTrue();
        first.Momentum.eq(second.Momentum).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void A_pattern_that_matches_nothing_is_told() =>
        Should.Throw<InvalidDataException>(() => new Muon(Parameters(), new MuonOptions { Match = "blok" })).Message.ShouldContain("blok");

    private static FlatParameters Parameters() => new(
    [
        ("block.map", new Parameter(torch.zeros(6, 4))),
        ("block.norm.map", new Parameter(torch.zeros(4, 4))),
        ("table", new Parameter(torch.zeros(5, 3))),
        ("block.bias", new Parameter(torch.zeros(4))),
    ]);
}
