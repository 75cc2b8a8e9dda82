namespace GenAgent.Trajectories.Exchange;

/// <summary>A record of a ShareGPT file as import and training read it, whatever names its file uses. Immutable.</summary>
/// <param name="System">The system turn's text, tools included; null where there is none.</param>
/// <param name="Turns">The other turns: the user's side and the model's alternate, the user's first. At least one.</param>
/// <param name="Images">Where the images are, in the order of their placeholders, one for each.</param>
/// <param name="Trajectory">The whole trajectory as JSON, in a record that was exported here.</param>
public sealed record ShareGptConversation(string? System, IReadOnlyList<ShareGptMessage> Turns, IReadOnlyList<string> Images, string? Trajectory = null)
{
    /// <summary>Stands in a turn's text for the next of the record's images.</summary>
    public const string ImagePlaceholder = "<image>";

    /// <summary>Fails if the model says nothing.</summary>
    /// <exception cref="InvalidDataException">No turn is the model's.</exception>
    public void RequireModelTurn()
    {
        if (!Turns.Any(turn => turn.IsModel)) throw new InvalidDataException("No turn is the model's: there is nothing to learn.");
    }
}

/// <summary>A turn that was read.</summary>
/// <param name="IsModel">Whether the model wrote it; otherwise the user or a tool did.</param>
/// <param name="Text">What stood in the conversation: calls and results of tools in their tags; <c>&lt;image&gt;</c> for each image, in a user's turn
/// only.</param>
/// <param name="Role">The role as the file has it.</param>
/// <param name="Written">The text as the file has it.</param>
public sealed record ShareGptMessage(bool IsModel, string Text, string Role, string Written);
