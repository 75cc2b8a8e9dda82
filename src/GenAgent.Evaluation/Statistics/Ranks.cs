namespace GenAgent.Evaluation.Statistics;

/// <summary>Ranks from 1, equal values sharing their mean rank.</summary>
/// <param name="Values">The ranks, in the order of the data.</param>
/// <param name="TieCorrection">The sum over groups of equal values of t³ - t.</param>
internal sealed record Ranks(double[] Values, double TieCorrection)
{
    public bool HasTies => TieCorrection > 0;

    public static Ranks Of(IReadOnlyList<double> data)
    {
        var order = Enumerable.Range(0, data.Count).OrderBy(i => data[i]).ToArray();
        var ranks = new double[data.Count];
        var correction = 0.0;
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            while (to < order.Length && data[order[to]].Equals(data[order[from]]))
                to++;
            double equal = to - from;
            correction += (equal * equal * equal) - equal;
            for (var i = from; i < to; i++)
                ranks[order[i]] = (from + to + 1) / 2.0;
            from = to;
        }

        return new(ranks, correction);
    }
}
