namespace GenAgent.Generators;

/// <summary>
/// What a generator recommends to an agent. A generator hands its profile out as a service (<c>GetService</c>), and an agent whose options do not say
/// otherwise follows it. Immutable.
/// </summary>
public sealed record GeneratorProfile
{
    /// <summary>Denoising steps, 1 or more, that are enough for a first look: most drafts are good, and the others are painted again with all steps. Null for no drafts.</summary>
    public int? DraftSteps { get; init; }
}
