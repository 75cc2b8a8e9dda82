namespace GenAgent.Trajectories.Exchange;

/// <summary>A record of a ShareGPT file in a uniform format for import and training. Immutable.</summary>
/// <param name="System">The system turn's text, tools included; null where there is none.</param>
/// <param name="Turns">The other turns: user and model alternate, the user first. At least one.</param>
/// <param name="Images">The images' paths, one for each placeholder, in order.</param>
/// <param name="Trajectory">The whole trajectory as JSON, if the record was exported by GenAgent.</param>
public sealed record ShareGptConversation(string? System, IReadOnlyList<ShareGptMessage> Turns, IReadOnlyList<string> Images, string? Trajectory = null)
{
    /// <summary>The placeholder for the next of the record's images in a turn's text.</summary>
    public const string ImagePlaceholder = "<image>";

    /// <summary>Fails if there is no turn of the model.</summary>
    /// <exception cref="InvalidDataException">No turn is the model's.</exception>
    public void RequireModelTurn()
    {
        if (!Turns.Any(turn => turn.IsModel)) throw new InvalidDataException("No turn is the model's: there is nothing to learn.");
        if (!Turns.Any(turn => turn is { IsModel: true, Learned: true }))
        {
            throw new InvalidDataException(
                "Every turn of the model is one that is not to be learned (\"weight\", \"loss\" or \"train\" say so): there is nothing to learn.");
        }
    }
}

/// <summary>A turn that was read.</summary>
/// <param name="IsModel">Whether the model wrote it; otherwise the user or a tool did.</param>
/// <param name="Text">The text of the conversation: calls and results of tools in their tags; <c>&lt;image&gt;</c> for each image, in a user's turn
/// only.</param>
/// <param name="Role">The role as the file has it.</param>
/// <param name="Written">The text as the file has it.</param>
public sealed record ShareGptMessage(bool IsModel, string Text, string Role, string Written)
{
    /// <summary>Whether a turn of the model is to be learned; false where the file says that it stands there only to be read.</summary>
    public bool Learned { get; init; } = true;
}
