using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace GenAgent.Training.Optimization;

/// <summary>How the learning rate moves over a run; the names are those of transformers' <c>get_scheduler</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateShape>))]
public enum LearningRateShape
{
    /// <summary>The same rate at every step; no warm-up.</summary>
    [JsonStringEnumMemberName("constant")]
    Constant,

    /// <summary>The same rate after the warm-up.</summary>
    [JsonStringEnumMemberName("constant_with_warmup")]
    ConstantWithWarmup,

    /// <summary>A straight line to 0.</summary>
    [JsonStringEnumMemberName("linear")]
    Linear,

    /// <summary>A cosine over <see cref="LearningRateSchedule.Cycles"/> cycles (by default half a cycle), to 0.</summary>
    [JsonStringEnumMemberName("cosine")]
    Cosine,

    /// <summary>Half a cosine to 0, repeated <see cref="LearningRateSchedule.Cycles"/> times (by default once).</summary>
    [JsonStringEnumMemberName("cosine_with_restarts")]
    CosineWithRestarts,

    /// <summary>A power of the share of steps left, to <see cref="LearningRateSchedule.FinalRate"/>.</summary>
    [JsonStringEnumMemberName("polynomial")]
    Polynomial,

    /// <summary>One over the root of the steps since the warm-up began.</summary>
    [JsonStringEnumMemberName("inverse_sqrt")]
    InverseSqrt,

    /// <summary>A cosine to <see cref="LearningRateSchedule.FinalRate"/>.</summary>
    [JsonStringEnumMemberName("cosine_with_min_lr")]
    CosineWithMinimum,

    /// <summary>
    /// The full rate until the last <see cref="LearningRateSchedule.DecaySteps"/> steps, then half a cosine to
    /// <see cref="LearningRateSchedule.FinalRate"/>.
    /// </summary>
    [JsonStringEnumMemberName("warmup_stable_decay")]
    WarmupStableDecay,
}

/// <summary>A learning rate for every step of a run: a linear warm-up, then a shape. A pure function of the step.</summary>
public sealed record LearningRateSchedule
{
    /// <summary>The shape after the warm-up.</summary>
    public LearningRateShape Shape { get; init; } = LearningRateShape.Cosine;

    /// <summary>Steps over which the rate rises from 0; the first step has rate 0 unless this is 0.</summary>
    [Range(0, long.MaxValue)]
    public long WarmupSteps { get; init; }

    /// <summary>Steps at the end over which <see cref="LearningRateShape.WarmupStableDecay"/> falls.</summary>
    [Range(0, long.MaxValue)]
    public long DecaySteps { get; init; }

    /// <summary>Cycles of the cosine shapes; null for the shape's default.</summary>
    [Range(0.0, 1000.0)]
    public double? Cycles { get; init; }

    /// <summary>Exponent of <see cref="LearningRateShape.Polynomial"/>.</summary>
    [Range(0.0, 100.0)]
    public double Power { get; init; } = 1;

    /// <summary>The final rate of shapes that do not end at 0.</summary>
    [Range(0.0, 10.0)]
    public double FinalRate { get; init; }

    /// <summary>Steps over which <see cref="LearningRateShape.InverseSqrt"/> halves; 0 takes the warm-up, or 10,000 where there is none.</summary>
    [Range(0, long.MaxValue)]
    public long Timescale { get; init; }

    /// <summary>The rate of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">Steps of the whole run; later steps get the same rate as in the reference.</param>
    /// <param name="baseRate">The rate at the end of the warm-up.</param>
    /// <returns>0 or more.</returns>
    public double RateAt(long step, long totalSteps, double baseRate)
    {
        if (Shape == LearningRateShape.Constant) return baseRate;
        if (step < WarmupSteps) return baseRate * step / Math.Max(1.0, WarmupSteps);
        var progress = (step - WarmupSteps) / Math.Max(1.0, totalSteps - WarmupSteps);
        var floor = baseRate == 0 ? 0 : FinalRate / baseRate;
        return baseRate * Shape switch
        {
            LearningRateShape.Linear => Math.Max(0, (totalSteps - step) / Math.Max(1.0, totalSteps - WarmupSteps)),
            LearningRateShape.Cosine => Math.Max(0, HalfCosine(2 * (Cycles ?? 0.5) * progress)),
            LearningRateShape.CosineWithRestarts => progress >= 1 ? 0 : Math.Max(0, HalfCosine((Cycles ?? 1) * progress % 1)),
            LearningRateShape.Polynomial => step > totalSteps ? floor : floor + ((1 - floor) * Math.Pow(1 - progress, Power)),
            LearningRateShape.InverseSqrt => InverseSqrt(step),
            LearningRateShape.CosineWithMinimum => Math.Max(0, floor + ((1 - floor) * HalfCosine(2 * (Cycles ?? 0.5) * progress))),
            LearningRateShape.WarmupStableDecay => StableDecay(step, totalSteps, floor),
            _ => 1,
        };
    }

    private static double HalfCosine(double progress) => 0.5 * (1 + Math.Cos(Math.PI * progress));

    private double InverseSqrt(long step)
    {
        var timescale = (double)(Timescale > 0 ? Timescale : WarmupSteps > 0 ? WarmupSteps : 10_000);
        return 1 / Math.Sqrt((step + timescale - WarmupSteps) / timescale);
    }

    private double StableDecay(long step, long totalSteps, double floor)
    {
        var decayStart = totalSteps - DecaySteps;
        if (step < decayStart) return 1;
        if (step >= totalSteps) return floor;
        var progress = (step - decayStart) / Math.Max(1.0, DecaySteps);
        return floor + ((1 - floor) * Math.Max(0, HalfCosine(2 * (Cycles ?? 0.5) * progress)));
    }
}
