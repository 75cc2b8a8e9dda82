namespace GenAgent.Server;

/// <summary>How the server runs.</summary>
/// <param name="IsReadOnly">Whether it only shows a folder: no jobs, no database.</param>
/// <param name="NeedsKey">Whether requests need an API key.</param>
internal sealed record ServerMode(bool IsReadOnly, bool NeedsKey);
