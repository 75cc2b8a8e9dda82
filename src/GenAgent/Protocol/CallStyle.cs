namespace GenAgent.Protocol;

/// <summary>How the model is offered its tools, and calls them. Judgment and answer are tags in the text either way.</summary>
public enum CallStyle
{
    /// <summary>
    /// Tools stand in the system turn, calls are text in a tag: for models trained here or served raw. Text in front of the call or answer counts as
    /// thought, text after it is passed over.
    /// </summary>
    Tags,

    /// <summary>
    /// Tools and calls travel as the backend's own function calls: for OpenAI-compatible services. Text outside of the tags counts as thought.
    /// </summary>
    Native,
}
