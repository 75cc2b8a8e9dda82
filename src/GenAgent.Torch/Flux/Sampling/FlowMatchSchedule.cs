namespace GenAgent.Torch.Flux.Sampling;

/// <summary>
/// The noise levels that an image is denoised through by Euler steps: <c>x += (sigma[i + 1] - sigma[i]) * velocity</c>. Immutable.
/// Values are those of diffusers' <c>FlowMatchEulerDiscreteScheduler</c> as its FLUX.1 pipelines call it.
/// </summary>
public sealed class FlowMatchSchedule
{
    private FlowMatchSchedule(IReadOnlyList<float> sigmas, int trainTimesteps)
    {
        Sigmas = sigmas;
        TrainTimesteps = trainTimesteps;
        Timesteps = [.. sigmas.Take(sigmas.Count - 1).Select(sigma => sigma * trainTimesteps)];
    }

    /// <summary>Noise levels, falling from near 1; one more than there are steps, the last is 0.</summary>
    public IReadOnlyList<float> Sigmas { get; }

    /// <summary>Noise levels in the scheduler's terms, 1000 sigma; one a step.</summary>
    public IReadOnlyList<float> Timesteps { get; }

    /// <summary>The scheduler's value for a sigma of 1.</summary>
    public int TrainTimesteps { get; }

    /// <summary>Steps in all.</summary>
    public int Steps => Timesteps.Count;

    /// <summary>The schedule of an image of <paramref name="imageTokens"/> tokens.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="steps">Number of steps, 1 or more.</param>
    /// <param name="imageTokens">Image tokens, 1 or more.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> or <paramref name="imageTokens"/> is below 1.</exception>
    public static FlowMatchSchedule For(FlowMatchSchedulerConfig config, int steps, int imageTokens)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageTokens, 1);

        var sigmas = new double[steps];
        var last = 1.0 / steps;
        for (var step = 0; step < steps; step++)
        {
            var even = steps == 1 ? 1 : 1 + (last - 1) * step / (steps - 1);
            sigmas[step] = config.UseDynamicShifting
                ? ShiftDynamically(config, even, Mu(config, imageTokens))
                : config.Shift * even / (1 + (config.Shift - 1) * even);
        }

        if (config.ShiftTerminal is { } terminal && terminal > 0 && sigmas[^1] < 1) Stretch(sigmas, terminal);
        return new FlowMatchSchedule([.. sigmas.Select(sigma => (float)sigma), 0f], config.NumTrainTimesteps);
    }

    /// <summary>
    /// The dynamic shift of an image of <paramref name="imageTokens"/> tokens: linear in their number, and extrapolated outside the two given points.
    /// </summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="imageTokens">Image tokens.</param>
    /// <returns>The shift; 0 is none.</returns>
    public static double Mu(FlowMatchSchedulerConfig config, int imageTokens)
    {
        ArgumentNullException.ThrowIfNull(config);
        var (least, most) = (config.BaseImageSeqLen ?? 256, config.MaxImageSeqLen ?? 4096);
        var (from, to) = (config.BaseShift ?? 0.5, config.MaxShift ?? 1.15);
        var slope = (to - from) / (most - least);
        return imageTokens * slope + (from - slope * least);
    }

    /// <summary>The first step that runs when an image is changed by <paramref name="strength"/> in [0, 1]: at 1 all run, at 0 none.</summary>
    /// <param name="strength">How far the image is changed, in [0, 1].</param>
    /// <returns>An index of the steps; their number where none runs.</returns>
    public int FirstStep(double strength)
    {
        if (strength is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(strength), strength, "Strength is a share of the steps, in [0, 1].");
        return (int)Math.Max(Steps - Math.Min(Steps * strength, Steps), 0);
    }

    private static double ShiftDynamically(FlowMatchSchedulerConfig config, double sigma, double mu)
    {
        var factor = config.TimeShiftType is "linear" ? mu : Math.Exp(mu);
        return factor / (factor + (1 / sigma - 1));
    }

    private static void Stretch(double[] sigmas, double terminal)
    {
        var factor = (1 - sigmas[^1]) / (1 - terminal);
        for (var step = 0; step < sigmas.Length; step++) sigmas[step] = 1 - (1 - sigmas[step]) / factor;
    }
}
