using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Captions;

/// <summary>Relative frequencies of the caption styles, none negative.</summary>
/// <param name="Dense">Weight of <see cref="CaptionStyle.Dense"/>.</param>
/// <param name="Loose">Weight of <see cref="CaptionStyle.Loose"/>.</param>
/// <param name="PartlyDense">Weight of <see cref="CaptionStyle.PartlyDense"/>.</param>
public sealed record CaptionMixOptions(double Dense = 75, double Loose = 5, double PartlyDense = 20);

/// <summary>Draws a caption for a scene, anew for every seed. The same scene and seed give the same caption. Safe to use from many threads at once.</summary>
public sealed class CaptionMix
{
    private readonly double[] _weights;

    /// <summary>Makes a mix.</summary>
    /// <exception cref="ArgumentException">A weight is negative, or all are 0.</exception>
    public CaptionMix(CaptionMixOptions? options = null)
    {
        var (dense, loose, partly) = options ?? new();
        _weights = [dense, partly, loose];
        if (_weights.Any(w => !(w >= 0)) || !(_weights.Sum() > 0))
            throw new ArgumentException($"A caption mix needs weights of 0 or more, not all 0, but got {options}.", nameof(options));
    }

    /// <summary>The caption of this scene for this seed.</summary>
    public Caption Draw(Scene scene, SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        return Draw(scene, seed.Value);
    }

    /// <summary>The caption of this scene for this seed.</summary>
    public Caption Draw(Scene scene, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(scene);
        var draws = new SeededDraws(seed);
        var style = (CaptionStyle)draws.Weighted(_weights);
        var text = style switch
        {
            CaptionStyle.Dense => DenseCaption.Write(scene),
            CaptionStyle.PartlyDense => PartlyDenseCaption.Write(scene, draws),
            _ => LooseCaption.Write(scene, draws),
        };
        return new Caption(text, style);
    }
}
