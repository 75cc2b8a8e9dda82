namespace GenAgent.Evaluation.Judges;

/// <summary>What replies say about one image.</summary>
/// <param name="Official">The number that the published script makes of them, its faults kept; null where it leaves the image out.</param>
/// <param name="Sound">The number that they do say; null where the judgement failed.</param>
/// <param name="Passed">Whether the image counts as right in paired tests, by the sound reading.</param>
/// <param name="Reason">The judge's words, or why the judgement failed.</param>
public sealed record ReplyReading(double? Official, double? Sound, bool Passed, string Reason)
{
    /// <summary>The single marks, by name; those of the sound reading.</summary>
    public IReadOnlyDictionary<string, double> Marks { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}
