namespace GenAgent.Models;

/// <summary>What users should know of a backend, and not only those who read logs: a field that was left out, candidates that will be alike, what memory a model takes.</summary>
public static class ServerNotices
{
    /// <summary>The category that such notices are logged under, as warnings or as information.</summary>
    public const string Category = "GenAgent.Notices";

    /// <summary>The last part of <see cref="Category"/>.</summary>
    public const string ShortCategory = "Notices";
}
