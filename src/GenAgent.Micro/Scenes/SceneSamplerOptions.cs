namespace GenAgent.Micro.Scenes;

/// <summary>How random scenes are distributed.</summary>
public sealed record SceneSamplerOptions
{
    /// <summary>Relative frequency of 1, 2, ... objects; at most <see cref="World.MaxObjects"/> weights, none negative.</summary>
    public IReadOnlyList<double> CountWeights { get; init; } = [1, 1, 1, 1, 1, 1, 1];

    /// <summary>Relative frequency of the backgrounds, in the order of <see cref="World.Canvases"/>, none negative; null for all alike.</summary>
    public IReadOnlyList<double>? CanvasWeights { get; init; }

    /// <summary>
    /// Share of scenes made of one to three groups of equal objects (as counting prompts ask for), in [0, 1]; the others draw every object separately.
    /// </summary>
    public double GroupedShare { get; init; } = 0.5;

    /// <summary>Share of the two-group scenes in which one group is entirely beside or above the other, in [0, 1].</summary>
    public double ArrangedShare { get; init; } = 0.5;

    /// <summary>
    /// Share of scenes composed by <see cref="Usual"/>, in [0, 1]; the other shares apply to the rest. Half of these scenes use
    /// <see cref="CanvasWeights"/>, the others are on white.
    /// </summary>
    public double UsualShare { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/> when a value is out of range.</summary>
    internal static void Validate(SceneSamplerOptions options)
    {
        var weights = options.CountWeights;
        if (weights.Count is 0 or > World.MaxObjects || weights.Any(w => !(w >= 0)) || !(weights.Sum() > 0))
            throw new ArgumentException($"{nameof(CountWeights)} needs 1 to {World.MaxObjects} weights of 0 or more, not all 0.", nameof(options));
        if (options.CanvasWeights is { } canvases && (canvases.Count != World.Canvases.Count || canvases.Any(w => !(w >= 0)) || !(canvases.Sum() > 0)))
            throw new ArgumentException($"{nameof(CanvasWeights)} needs {World.Canvases.Count} weights of 0 or more, not all 0.", nameof(options));
        if (!(options.GroupedShare is >= 0 and <= 1))
            throw new ArgumentException($"{nameof(GroupedShare)} is {options.GroupedShare}, but must lie in [0, 1].", nameof(options));
        if (!(options.UsualShare is >= 0 and <= 1))
            throw new ArgumentException($"{nameof(UsualShare)} is {options.UsualShare}, but must lie in [0, 1].", nameof(options));
        if (!(options.ArrangedShare is >= 0 and <= 1))
            throw new ArgumentException($"{nameof(ArrangedShare)} is {options.ArrangedShare}, but must lie in [0, 1].", nameof(options));
    }
}
