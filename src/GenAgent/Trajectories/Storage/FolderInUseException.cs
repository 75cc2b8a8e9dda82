namespace GenAgent.Trajectories;

/// <summary>Another process is writing to the folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="cause">What the operating system said.</param>
public sealed class FolderInUseException(string folder, Exception cause)
    : IOException($"Another process is writing to {folder}: wait for it, or use another folder.", cause)
{
    /// <summary>The folder.</summary>
    public string Folder => folder;
}
