namespace GenAgent.Trajectories.Exchange;

/// <summary>Who speaks in a turn of a ShareGPT record.</summary>
internal enum ShareGptRole
{
    System,
    User,

    /// <summary>A tool's result.</summary>
    Observation,
    Assistant,

    /// <summary>The model's calls as JSON, without tags.</summary>
    FunctionCall,
}
