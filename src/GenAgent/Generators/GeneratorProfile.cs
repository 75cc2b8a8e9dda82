namespace GenAgent.Generators;

/// <summary>
/// What a generator recommends to an agent. A generator hands its profile out as a service (<c>GetService</c>), and an agent whose options do not say
/// otherwise follows it. Immutable.
/// </summary>
public sealed record GeneratorProfile
{
    /// <summary>
    /// Denoising steps, 1 or more, that are enough for a first look: most drafts are good, and the others are painted again with all steps. Null for no
    /// drafts.
    /// </summary>
    public int? DraftSteps { get; init; }

    /// <summary>Whether it can start from an original image, and so edit; null if nobody knows.</summary>
    public bool? TakesOriginalImages { get; init; }

    /// <summary>Whether it ignores seeds: the same prompt always gives the same image, so several candidates of one are pointless.</summary>
    public bool HasFixedSeed { get; init; }
}
