namespace GenAgent.Micro.Teaching;

/// <summary>The miniature agent's instructions, which precede the list of tools.</summary>
public static class MicroInstructions
{
    /// <summary>The short system instruction: the same in synthesis, training and serving, for a model that learns its task by heart.</summary>
    public const string Text = "You draw what the user asks for: think, call generate_image, judge the image, try again until it is right, then answer.";
}
