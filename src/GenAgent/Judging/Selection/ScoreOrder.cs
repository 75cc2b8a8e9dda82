namespace GenAgent.Judging;

/// <summary>The order of scores: the strict verdict first, then the value.</summary>
internal static class ScoreOrder
{
    public static int Compare(Score first, Score second)
    {
        var verdict = first.Passed.CompareTo(second.Passed);
        return verdict != 0 ? verdict : first.Value.CompareTo(second.Value);
    }
}
