using System.Text.Json;
using GenAgent.Training.Optimization;
using GenAgent.Training.Tests.Golden;

namespace GenAgent.Training.Tests.Optimization;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Every_shape_gives_the_rates_of_the_reference_also_past_the_end()
    {
        foreach (var table in GoldenJson.All("lr_schedules.json", "tables"))
        {
            var (schedule, total, rate) = (ScheduleOf(table), table.GetProperty("total").GetInt64(), table.GetProperty("base_lr").Number());
            var expected = table.GetProperty("lr_at_step").Numbers();
            for (var step = 0; step < expected.Length; step++)
            {
                // The reference multiplies and divides in another order: the last bit of a rate that is nearly 0 may differ.
                Math.Abs(schedule.RateAt(step, total, rate) - expected[step])
                    .ShouldBeLessThanOrEqualTo((1e-12 * expected[step]) + (1e-16 * rate), $"{table.GetProperty("name")} at {step}");
            }
        }
    }

    internal static LearningRateShape ShapeOf(string name) => JsonSerializer.Deserialize<LearningRateShape>($"\"{name}\"");

    private static LearningRateSchedule ScheduleOf(JsonElement table)
    {
        var schedule = new LearningRateSchedule
        {
            Shape = ShapeOf(table.GetProperty("name").GetString()!),
            WarmupSteps = table.GetProperty("warmup").GetInt64()
        };
        foreach (var extra in table.GetProperty("extra").EnumerateObject())
        {
            schedule = extra.Name switch
            {
                "num_cycles" => schedule with { Cycles = extra.Value.Number() },
                "power" => schedule with { Power = extra.Value.Number() },
                "lr_end" or "min_lr" => schedule with { FinalRate = extra.Value.Number() },
                "min_lr_rate" or "min_lr_ratio" => schedule with { FinalRate = extra.Value.Number() * table.GetProperty("base_lr").Number() },
                "num_decay_steps" => schedule with { DecaySteps = extra.Value.GetInt64() },
                "timescale" => schedule with { Timescale = extra.Value.GetInt64() },
                _ => throw new NotSupportedException($"The recording's \"{extra.Name}\" is not known."),
            };
        }

        return schedule;
    }
}
