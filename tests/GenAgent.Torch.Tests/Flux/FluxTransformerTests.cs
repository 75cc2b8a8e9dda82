using GenAgent.TestKit.Golden;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Transformer;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class FluxTransformerTests
{
    private const double Tolerance = 5e-5;

    public static TheoryData<string> Cases => FluxCase.WithPart(@"^tr\.final$", "transformer");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_stage_of_the_transformer_matches_the_reference(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        model.Probe = (stage, value) =>
        {
            if (!golden.Has($"tr.{stage}")) return;
            seen.Add($"tr.{stage}");

            // Sinusoids are of angles in the thousands, where the last bit of an fp32 frequency is worth this much.
            var tolerance = stage.Contains("time_proj", StringComparison.Ordinal)
                ? 1000 * golden.Floats("tr.in." + stage.Split('.')[^1]).Max() * 2.4e-7
                : Tolerance;
            golden.ShouldMatch(value, $"tr.{stage}", tolerance, 1e-4);
        };

        var velocity = FluxInputs.Run(model, golden, "tr.in.");

        golden.ShouldMatch(velocity, "tr.final", Tolerance, 1e-4);
        var inner = golden.Names.Where(key =>
            key.StartsWith("tr.", StringComparison.Ordinal) && !key.StartsWith("tr.in.", StringComparison.Ordinal)
                && !key.StartsWith("tr.rope.", StringComparison.Ordinal));
        if (GoldenRoot.IsDefault) inner.Except(seen).ShouldBe(["tr.final"]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Tokens_are_turned_as_in_the_reference(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var rope = RotaryTable.For(model.Config, golden.Tensor("tr.in.txt_ids"), golden.Tensor("tr.in.img_ids"));

        golden.ShouldMatch(rope.Rotations.real.repeat_interleave(2, 1), "tr.rope.cos", 1e-6);
        golden.ShouldMatch(rope.Rotations.imag.repeat_interleave(2, 1), "tr.rope.sin", 1e-6);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Faint_inputs_are_normalised_with_the_references_epsilon(string name)
    {
        var golden = FluxCase.Open(name);
        if (!golden.Has("tr_small.final")) return;
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);

        golden.ShouldMatch(FluxInputs.Run(model, golden, "tr.in.", factor: 1e-3), "tr_small.final", Tolerance, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_result_is_the_same_whether_or_not_gradients_are_recorded(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);

        var trained = FluxInputs.Run(model, golden, "tr.in.");
        trained.sum().backward();

        golden.ShouldMatch(trained.detach(), "tr.final", Tolerance, 1e-4);
        foreach (var (parameter, value) in model.named_parameters()) value.grad.ShouldNotBeNull(parameter);
    }
}
