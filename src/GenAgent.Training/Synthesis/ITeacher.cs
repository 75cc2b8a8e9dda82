using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>
/// Writes the turns of an agent that is to be learned from. It may know more than the agent (a hint), but writes as one who sees prompt and
/// images alone. Implementations are safe to use from many tasks at once.
/// </summary>
public interface ITeacher
{
    /// <summary>What stands in the manifest of a data set.</summary>
    string Name { get; }

    /// <summary>The agent's model for one trajectory of this prompt; it is disposed of after it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>A model that knows the prompt's task.</returns>
    IChatClient Begin(SynthesisPrompt prompt);
}
