using GenAgent.TestKit.Golden;
using GenAgent.Training.Optimization;
using GenAgent.Training.Tests.Golden;
using TorchSharp;
using AdamW = GenAgent.Training.Optimization.AdamW;
using Parameter = TorchSharp.Modules.Parameter;

namespace GenAgent.Training.Tests.Optimization;

public sealed class AdamWTests
{
    [Fact]
    public void A_run_moves_as_the_reference_optimizer_moves_it()
    {
        Recorded.Each(GoldenJson.All("adamw.json", "runs"), run =>
        {
            using var scope = torch.NewDisposeScope();
            using var parameters = DoubleParameters.Of(run.Need("initial").Rows());
            using var optimizer = new AdamW(parameters, OptionsOf(run));
            using var gradient = parameters.NewBuffer();
            foreach (var step in run.Need("steps").EnumerateArray())
            {
                var what = $"step {step.Need("step").GetInt32()}";
                DoubleParameters.Write(parameters, gradient, step.Need("grads").Rows());
                if (!run.IsNull("max_norm"))
                {
                    GradientClipping.ClipByNorm(gradient, run.Need("max_norm").Number())
                        .ShouldMatch(step.Need("norm_before_clip").Number(), $"{what}: norm");
                    Compare(parameters, gradient, step.Need("grads_after_clip").Rows(), $"{what}: clipped");
                }

                optimizer.Step(gradient, step.Need("lr").Number());
                Compare(parameters, parameters.Values, step.Need("params").Rows(), $"{what}: parameters");
                Compare(parameters, optimizer.FirstMoment, step.Need("exp_avg").Rows(), $"{what}: exp_avg");
                Compare(parameters, optimizer.SecondMoment, step.Need("exp_avg_sq").Rows(), $"{what}: exp_avg_sq");
            }
        });
    }

    [Fact]
    public void The_rates_of_a_recorded_run_are_those_of_its_schedule()
    {
        Recorded.Each(GoldenJson.All("adamw.json", "runs").Where(run => !run.IsNull("schedule")), run =>
        {
            var schedule = new LearningRateSchedule
            {
                Shape = LearningRateScheduleTests.ShapeOf(run.Need("schedule").GetString()!),
                WarmupSteps = run.Need("warmup").GetInt64()
            };
            foreach (var step in run.Need("steps").EnumerateArray())
            {
                var index = step.Need("step").GetInt64() - 1;
                schedule.RateAt(index, run.Need("total").GetInt64(), run.Need("lr").Number())
                    .ShouldMatch(step.Need("lr").Number(), $"step {index}");
            }
        });
    }

    [Fact]
    public void Weight_decay_can_spare_biases_and_norms()
    {
        using var scope = torch.NewDisposeScope();
        var (weight, bias) = (new Parameter(torch.ones(2, 3)), new Parameter(torch.ones(3)));
        using var parameters = new FlatParameters([("bias", bias), ("weight", weight)]);
        using var optimizer = new AdamW(parameters, new AdamWOptions { WeightDecay = 0.5, DecayMatricesOnly = true });
        using var gradient = parameters.NewBuffer();

        optimizer.Step(gradient, 0.1);

        weight.data<float>().ShouldAllBe(value => Math.Abs(value - 0.95f) < 1e-6f);
        bias.data<float>().ShouldAllBe(value => value == 1f);
    }

    [Fact]
    public void An_optimizer_whose_state_was_copied_goes_on_bit_by_bit()
    {
        using var scope = torch.NewDisposeScope();
        using var first = DoubleParameters.Of([[1.0, -2.0, 0.5]]);
        using var second = DoubleParameters.Of([[0.0, 0.0, 0.0]]);
        using var original = new AdamW(first);
        using var copy = new AdamW(second);
        using var gradient = first.NewBuffer();
        DoubleParameters.Write(first, gradient, [[0.3, -0.7, 0.01]]);
        for (var i = 0; i < 5; i++) original.Step(gradient, 0.01);

        second.Values.copy_(first.Values);
        copy.FirstMoment.copy_(original.FirstMoment);
        copy.SecondMoment.copy_(original.SecondMoment);
        copy.Steps = original.Steps;
        original.Step(gradient, 0.01);
        copy.Step(gradient, 0.01);

        second.Values.data<double>().ToArray().ShouldBe(first.Values.data<double>().ToArray());
    }

    private static AdamWOptions OptionsOf(System.Text.Json.JsonElement run) => new()
    {
        Beta1 = run.Need("beta1").Number(),
        Beta2 = run.Need("beta2").Number(),
        Epsilon = run.Need("eps").Number(),
        WeightDecay = run.Need("weight_decay").Number(),
    };

    private static void Compare(FlatParameters parameters, torch.Tensor buffer, double[][] expected, string what)
    {
        var actual = DoubleParameters.Read(parameters, buffer);
        for (var i = 0; i < expected.Length; i++) actual[i].ShouldMatch(expected[i], what);
    }
}
