namespace GenAgent.Models;

/// <summary>
/// Notices about a backend for users, not only for log readers: an omitted field, identical candidates, the memory that a model takes.
/// </summary>
public static class ServerNotices
{
    /// <summary>The category that such notices are logged under, as warnings or as information.</summary>
    public const string Category = "GenAgent.Notices";

    /// <summary>The last part of <see cref="Category"/>.</summary>
    public const string ShortCategory = "Notices";
}
