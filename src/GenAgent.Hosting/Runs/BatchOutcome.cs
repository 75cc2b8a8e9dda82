namespace GenAgent.Hosting.Runs;

/// <summary>How many of the prompts of a run have an image now.</summary>
/// <param name="Prompts">Prompts in all.</param>
/// <param name="Done">Those with an image, whether made now or before.</param>
public sealed record BatchOutcome(int Prompts, int Done)
{
    /// <summary>Whether each of the prompts ended by a failure of a model or a generator.</summary>
    public bool OnlyBackendsFailed { get; init; }
}
