namespace GenAgent.Generators;

/// <summary>
/// A generator's recommendations to an agent. A generator returns its profile as a service (<c>GetService</c>), and an agent follows it unless its options
/// say otherwise. Immutable.
/// </summary>
public sealed record GeneratorProfile
{
    /// <summary>
    /// Denoising steps of a draft, 1 or more: most drafts are good enough, and failed ones are generated again with all steps. Null for no drafts.
    /// </summary>
    public int? DraftSteps { get; init; }

    /// <summary>Whether it can start from an original image and thus edit; null if unknown.</summary>
    public bool? TakesOriginalImages { get; init; }

    /// <summary>Whether it ignores seeds: the same prompt always gives the same image, so several candidates of one are pointless.</summary>
    public bool HasFixedSeed { get; init; }
}
