namespace GenAgent.Protocol;

/// <summary>How the model receives its tools and calls them. Judgment and answer are always tags in the text.</summary>
public enum CallStyle
{
    /// <summary>
    /// Tools are listed in the system turn, and calls are text in a tag: for models trained here or served without a chat template for tools. Text before
    /// the call or answer counts as thought; text after it is ignored.
    /// </summary>
    Tags,

    /// <summary>
    /// Tools and calls travel as the backend's own function calls: for OpenAI-compatible services. Text outside of the tags counts as thought.
    /// </summary>
    Native,
}
