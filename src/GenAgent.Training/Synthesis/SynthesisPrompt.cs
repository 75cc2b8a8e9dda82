using GenAgent.Judging;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>A prompt that training data is made for, with what its teacher and judge may know. Immutable.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Category">What it is counted and balanced under.</param>
/// <param name="Text">The user's own words.</param>
public sealed record SynthesisPrompt(string Id, string Category, string Text)
{
    /// <summary>The prompt's meaning, for judges that read it; null where there is none.</summary>
    public PromptConstraints? Constraints { get; init; }

    /// <summary>False for a prompt that is to be declined: a trajectory that makes an image of it is dropped.</summary>
    public bool Drawable { get; init; } = true;

    /// <summary>An image of what is meant, shown to the teacher alone; null for none.</summary>
    public DataContent? Reference { get; init; }

    /// <summary>What must be seen, told to the teacher alone; empty for nothing.</summary>
    public IReadOnlyList<string> Checklist { get; init; } = [];

    /// <summary>What the prompt's source tells its own teacher; null for nothing. It is not recorded.</summary>
    public object? Hint { get; init; }
}

/// <summary>Where prompts come from. Implementations are safe to use from many tasks at once, and give the same prompt for the same seed and index.</summary>
public interface ISynthesisPrompts
{
    /// <summary>What stands in the manifest of a data set.</summary>
    string Name { get; }

    /// <summary>The prompt of an index.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="seed">The index's own seed.</param>
    /// <returns>The prompt; the same index and seed give the same one.</returns>
    SynthesisPrompt Draw(long index, SeedPath seed);
}
