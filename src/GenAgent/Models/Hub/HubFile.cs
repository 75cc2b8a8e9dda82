namespace GenAgent.Models.Hub;

/// <summary>One file of a repository.</summary>
/// <param name="Path">Its path in the repository, with <c>/</c>.</param>
/// <param name="Hash">SHA-256 (64 digits) or git's blob hash (40 digits), which is its name in the cache.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record HubFile(string Path, string Hash, long Size);

/// <summary>The download progress of a file.</summary>
/// <param name="File">The file.</param>
/// <param name="Received">Bytes that are on disk.</param>
public sealed record HubProgress(HubFile File, long Received);

/// <summary>What was pulled.</summary>
/// <param name="Folder">The snapshot's folder, to load the model from.</param>
/// <param name="Commit">The commit of the revision.</param>
/// <param name="Files">All requested files.</param>
/// <param name="Downloaded">Bytes downloaded in this call.</param>
public sealed record HubPull(string Folder, string Commit, IReadOnlyList<HubFile> Files, long Downloaded);
