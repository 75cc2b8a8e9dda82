using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Captions;

/// <summary>Relative frequencies of the caption styles, none negative.</summary>
/// <param name="Dense">Weight of <see cref="CaptionStyle.Dense"/>.</param>
/// <param name="Loose">Weight of <see cref="CaptionStyle.Loose"/>.</param>
/// <param name="PartlyDense">Weight of <see cref="CaptionStyle.PartlyDense"/>.</param>
/// <param name="Fillers">Share of the loose captions, in [0, 1], that get extra words which the text encoders do not know.</param>
/// <param name="Usual">
/// Null: loose captions are drawn for all scenes and may omit anything. Otherwise <paramref name="Loose"/> is the weight for scattered scenes and this the
/// weight for scenes composed by <see cref="Scenes.Usual"/>, whose loose captions omit what is usual.
/// </param>
public sealed record CaptionMixOptions(double Dense = 75, double Loose = 5, double PartlyDense = 20, double Fillers = 0, double? Usual = null);

/// <summary>Draws a caption for a scene from a seed. The same scene and seed give the same caption. Safe to use from many threads at once.</summary>
public sealed class CaptionMix
{
    private readonly double[] _weights;
    private readonly double[]? _usualWeights;
    private readonly double _fillers;

    /// <summary>Makes a mix.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">A weight is negative, or all are 0; or the share of fillers is not in [0, 1].</exception>
    public CaptionMix(CaptionMixOptions? options = null)
    {
        options ??= new();
        _weights = Weights(options, options.Loose);
        _usualWeights = options.Usual is { } usual ? Weights(options, usual) : null;
        _fillers = options.Fillers;
        if (!(_fillers is >= 0 and <= 1))
            throw new ArgumentException($"The share of captions with fillers is from 0 to 1, but got {_fillers}.", nameof(options));
    }

    private static double[] Weights(CaptionMixOptions options, double loose)
    {
        double[] weights = [options.Dense, options.PartlyDense, loose];
        return weights.All(w => w >= 0) && weights.Sum() > 0
            ? weights
            : throw new ArgumentException($"A caption mix needs weights of 0 or more, not all 0, but got {options}.", nameof(options));
    }

    /// <summary>The caption of this scene for this seed.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The caption.</returns>
    public Caption Draw(Scene scene, SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        return Draw(scene, seed.Value);
    }

    /// <summary>The caption of this scene for this seed.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The caption.</returns>
    public Caption Draw(Scene scene, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(scene);
        var draws = new SeededDraws(seed);
        var composition = _usualWeights is null ? null : Composition.Of(scene);
        var style = (CaptionStyle)draws.Weighted(composition is null ? _weights : _usualWeights!);
        var text = style switch
        {
            CaptionStyle.Dense => DenseCaption.Write(scene),
            CaptionStyle.PartlyDense => PartlyDenseCaption.Write(scene, draws),
            _ => composition is null ? LooseCaption.Write(scene, draws) : CompositionCaption.Write(composition, scene.Canvas, draws),
        };
        if (style == CaptionStyle.Loose && _fillers > 0 && draws.Chance(_fillers))
            text = CaptionFillers.Surround(text, draws);
        return new Caption(text, style);
    }
}
