namespace GenAgent.Trajectories;

/// <summary>How the first turn of a trajectory is made: normally, or deliberately worse, so that reflection has something to correct.</summary>
public enum FirstTry
{
    /// <summary>As the model meant it.</summary>
    Planned,

    /// <summary>The user's own words are passed on.</summary>
    OwnWords,

    /// <summary>The prompt lacks an attribute.</summary>
    LostAttribute,

    /// <summary>An attribute of the prompt is wrong.</summary>
    WrongAttribute,

    /// <summary>The call fails: another tool's name, another argument's, or no call at all; the error comes back, and the next turn recovers.</summary>
    FailedCall,
}
