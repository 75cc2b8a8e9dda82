using System.Globalization;
using System.Text.RegularExpressions;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;

namespace GenAgent.Torch.Tests.Flux;

public sealed partial class FlowMatchScheduleTests
{
    public static TheoryData<string> Cases => FluxCase.WithPart(@"^sched\.", "scheduler");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Noise_levels_are_the_references_for_every_size_and_number_of_steps(string name)
    {
        var golden = FluxCase.Open(name);
        var config = FluxFolder.LoadScheduler(golden.ModelFolder);
        foreach (var key in golden.Names.Where(key => key.EndsWith(".sigmas", StringComparison.Ordinal) && key.StartsWith("sched.", StringComparison.Ordinal)))
        {
            var match = KeyPattern().Match(key);
            if (!match.Success) continue;
            var (tokens, steps) = (Number(match.Groups["tokens"].Value), Number(match.Groups["steps"].Value));

            var schedule = FlowMatchSchedule.For(config, steps, tokens);

            Near(schedule.Sigmas, golden.Floats(key), 1e-6, key);
            var timesteps = key.Replace("sigmas", "timesteps", StringComparison.Ordinal);
            if (golden.Has(timesteps)) Near(schedule.Timesteps, golden.Floats(timesteps), 1e-3, key);
            if (config.UseDynamicShifting && golden.Has($"sched.seq{tokens}.mu"))
            {
                FlowMatchSchedule.Mu(config, tokens).ShouldBe(golden.Double($"sched.seq{tokens}.mu"), 1e-9);
            }
        }
    }

    [Fact]
    public void A_change_by_strength_runs_the_last_share_of_the_steps()
    {
        var schedule = FlowMatchSchedule.For(new FlowMatchSchedulerConfig(), steps: 10, imageTokens: 16);

        schedule.FirstStep(1).ShouldBe(0);
        schedule.FirstStep(0.35).ShouldBe(6);
        schedule.FirstStep(0).ShouldBe(10);
        Should.Throw<ArgumentOutOfRangeException>(() => schedule.FirstStep(1.2));
    }

    private static void Near(IReadOnlyList<float> actual, float[] expected, double tolerance, string what)
    {
        actual.Count.ShouldBe(expected.Length, what);
        for (var index = 0; index < expected.Length; index++) ((double)actual[index]).ShouldBe(expected[index], tolerance, $"{what}[{index}]");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^sched\.seq(?<tokens>\d+)\.steps(?<steps>\d+)\.sigmas$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyPattern();
}
