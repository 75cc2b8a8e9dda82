namespace GenAgent.Server;

/// <summary>How the server runs.</summary>
/// <param name="IsReadOnly">Whether it only shows a folder: no jobs, no database.</param>
/// <param name="NeedsKey">Whether requests need an API key.</param>
/// <param name="HasPage">Whether addresses that no API has are the web page's, which needs no key.</param>
internal sealed record ServerMode(bool IsReadOnly, bool NeedsKey, bool HasPage = true);
