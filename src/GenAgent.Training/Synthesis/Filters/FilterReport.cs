namespace GenAgent.Training.Synthesis.Filters;

/// <summary>What became of a data set in its filters. Immutable.</summary>
/// <param name="Read">Trajectories that were read.</param>
/// <param name="Kept">Trajectories that were kept.</param>
/// <param name="Filters">Each filter with what it dropped, in their order; a trajectory is counted by the first that drops it.</param>
/// <param name="Before">The data as it was read.</param>
/// <param name="After">The data as it is kept.</param>
public sealed record FilterReport(int Read, int Kept, IReadOnlyList<FilterCount> Filters, DataStatistics Before, DataStatistics After)
{
    /// <summary>The report's file in its folder.</summary>
    public const string FileName = "filter.json";
}

/// <summary>What one filter dropped.</summary>
/// <param name="Name">The filter.</param>
/// <param name="Dropped">How many.</param>
/// <param name="Examples">The first of them, at most <see cref="MostExamples"/>.</param>
public sealed record FilterCount(string Name, int Dropped, IReadOnlyList<FilterExample> Examples)
{
    /// <summary>Examples that are kept of each filter.</summary>
    public const int MostExamples = 5;
}

/// <summary>A trajectory that was dropped.</summary>
/// <param name="Trajectory">Its name.</param>
/// <param name="Prompt">The user's words.</param>
/// <param name="Reason">Why.</param>
public sealed record FilterExample(string Trajectory, string Prompt, string Reason);
