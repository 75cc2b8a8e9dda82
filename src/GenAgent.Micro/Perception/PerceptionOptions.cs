using GenAgent.Micro.Prompts;

namespace GenAgent.Micro.Perception;

/// <summary>How perception examples are distributed.</summary>
public sealed record PerceptionOptions
{
    /// <summary>The root of the seeds: the same root and index give the same example.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Relative frequency of each kind, none negative; kinds that are not listed are not drawn. Null for the defaults, with more weight on describing and
    /// judging.
    /// </summary>
    public IReadOnlyDictionary<PerceptionKind, double>? Weights { get; init; }

    /// <summary>Share of the rendered images that are degraded like generated ones (blurred, noisy, shifted colours, incomplete shapes), in [0, 1].</summary>
    public double DegradedShare { get; init; } = 0.6;

    /// <summary>
    /// Use only paintings with an object that the verifier read with at most this confidence, in [0, 1]: below 0.5 is unclear, up to 0.7 nearly unclear. 1
    /// for all. Does not apply to rendered images.
    /// </summary>
    public double MaxConfidence { get; init; } = 1;

    /// <summary>Share of the prompts that are requests in free wording (docs/language.md), in [0, 1]; the others are of the benchmark's kinds.</summary>
    public double FreeShare { get; init; }

    /// <summary>Relative frequency of the topics of free wording, none negative; null for all topics, with more weight on places and knowledge.</summary>
    public IReadOnlyDictionary<string, double>? Topics { get; init; }

    /// <summary>Which prompts of the benchmark's kinds to draw; null for all tags equally.</summary>
    public TrainingPromptOptions? Prompts { get; init; }

    internal static IReadOnlyDictionary<PerceptionKind, double> DefaultWeights { get; } = new Dictionary<PerceptionKind, double>
    {
        [PerceptionKind.Describe] = 30,
        [PerceptionKind.Count] = 4,
        [PerceptionKind.Color] = 4,
        [PerceptionKind.Where] = 4,
        [PerceptionKind.Larger] = 3,
        [PerceptionKind.Judge] = 25,
        [PerceptionKind.Fact] = 5,
        [PerceptionKind.Phrase] = 5,
        [PerceptionKind.Groups] = 10,
        [PerceptionKind.Plan] = 10,
    };

    /// <summary>The effective, validated weights in the order of the kinds.</summary>
    /// <exception cref="ArgumentException">A weight is negative, or all are 0.</exception>
    internal static double[] Check(PerceptionOptions options)
    {
        var weights = options.Weights ?? DefaultWeights;
        double[] all = [.. Enum.GetValues<PerceptionKind>().Select(k => weights.GetValueOrDefault(k))];
        if (all.Any(w => !(w >= 0)) || !(all.Sum() > 0))
            throw new ArgumentException($"{nameof(Weights)} needs weights of 0 or more, not all 0.", nameof(options));
        if (options.MaxConfidence is not (>= 0 and <= 1))
            throw new ArgumentException($"{nameof(MaxConfidence)} is {options.MaxConfidence}, but must lie in [0, 1].", nameof(options));
        if (options.FreeShare is not (>= 0 and <= 1))
            throw new ArgumentException($"{nameof(FreeShare)} is {options.FreeShare}, but must lie in [0, 1].", nameof(options));
        return options.DegradedShare is >= 0 and <= 1
            ? all
            : throw new ArgumentException($"{nameof(DegradedShare)} is {options.DegradedShare}, but must lie in [0, 1].", nameof(options));
    }
}
