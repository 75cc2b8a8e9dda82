namespace GenAgent.Hosting.Runs;

/// <summary>How many of the prompts of a run have an image now.</summary>
/// <param name="Prompts">Prompts in all.</param>
/// <param name="Done">Those with an image, whether made now or before.</param>
public sealed record BatchOutcome(int Prompts, int Done)
{
    /// <summary>The prompts that are not done, in the order in which they ended.</summary>
    public IReadOnlyList<UndonePrompt> Undone { get; init; } = [];

    /// <summary>Whether each of the prompts ended by a failure of a model or a generator.</summary>
    public bool OnlyBackendsFailed { get; init; }
}

/// <summary>A prompt without an image, or with one that is not the agent's last word.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="IsRetried">Whether the same call does it again; if not, the agent declined, a budget was spent or the prompt is wrong.</param>
public sealed record UndonePrompt(PromptLine Prompt, bool IsRetried);
