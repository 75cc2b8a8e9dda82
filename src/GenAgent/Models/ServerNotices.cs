namespace GenAgent.Models;

/// <summary>What users should know of a backend, and not only those who read logs: a field that was left out, candidates that will be alike.</summary>
public static class ServerNotices
{
    /// <summary>The category that such notices are logged under, as warnings.</summary>
    public const string Category = "GenAgent.Notices";

    /// <summary>The last part of <see cref="Category"/>.</summary>
    public const string ShortCategory = "Notices";
}
