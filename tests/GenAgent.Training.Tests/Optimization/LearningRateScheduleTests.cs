using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Training.Optimization;
using GenAgent.Training.Tests.Golden;

namespace GenAgent.Training.Tests.Optimization;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Every_shape_gives_the_rates_of_the_reference_also_past_the_end()
    {
        Recorded.Each(GoldenJson.All("lr_schedules.json", "tables"), table =>
        {
            var (schedule, total, rate) = (ScheduleOf(table), table.Need("total").GetInt64(), table.Need("base_lr").Number());
            var expected = table.Need("lr_at_step").Numbers();
            for (var step = 0; step < expected.Length; step++)
            {
                // The reference multiplies and divides in another order: the last bit of a rate that is nearly 0 may differ.
                Math.Abs(schedule.RateAt(step, total, rate) - expected[step])
                    .ShouldBeLessThanOrEqualTo((1e-12 * expected[step]) + (1e-16 * rate), $"{table.Need("name")} at {step}");
            }
        });
    }

    internal static LearningRateShape ShapeOf(string name) => JsonSerializer.Deserialize<LearningRateShape>($"\"{name}\"");

    private static Xunit.Sdk.SkipException Skip(string name) => Xunit.Sdk.SkipException.ForSkip($"no schedule here has \"{name}\"");

    private static LearningRateSchedule ScheduleOf(JsonElement table)
    {
        var schedule = new LearningRateSchedule
        {
            Shape = ShapeOf(table.Need("name").GetString()!),
            WarmupSteps = table.Need("warmup").GetInt64()
        };
        foreach (var extra in table.Need("extra").EnumerateObject())
        {
            schedule = extra.Name switch
            {
                "num_cycles" => schedule with { Cycles = extra.Value.Number() },
                "power" => schedule with { Power = extra.Value.Number() },
                "lr_end" or "min_lr" => schedule with { FinalRate = extra.Value.Number() },
                "min_lr_rate" or "min_lr_ratio" => schedule with { FinalRate = extra.Value.Number() * table.Need("base_lr").Number() },
                "num_decay_steps" => schedule with { DecaySteps = extra.Value.GetInt64() },
                "timescale" => schedule with { Timescale = extra.Value.GetInt64() },
                _ => GoldenRoot.IsDefault
                    ? throw new NotSupportedException($"The recording's \"{extra.Name}\" is not known.") : throw Skip(extra.Name),
            };
        }

        return schedule;
    }
}
