using GenAgent.Seeds;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Takes out what a data set has too much of: categories, and trajectories that needed no reflection. Which ones go is settled by their seeds. Pure.
/// </summary>
public static class Balance
{
    /// <summary>The samples that stay, in their order, and why each of the others goes.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="options">How much of each kind may stay.</param>
    /// <returns>What stays, and what goes with its reason.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static (IReadOnlyList<SynthesisSample> Kept, IReadOnlyList<(SynthesisSample Sample, string Reason)> Dropped) Apply(
        IReadOnlyList<SynthesisSample> samples, BalanceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        options ??= new();
        BalanceOptions.Validate(options);
        Dictionary<string, string> reasons = new(StringComparer.Ordinal);
        var categories = samples.GroupBy(s => s.Category, StringComparer.Ordinal).ToList();
        var most = categories.Count == 0 ? 0 : (int)Math.Ceiling(options.MaxCategoryRatio * samples.Count / categories.Count);
        foreach (var category in categories)
        {
            foreach (var sample in category.OrderBy(Order).Skip(most))
                reasons[sample.Trajectory.Id] = $"{category.Key} has {category.Count()}, more than {most}";
        }

        // Declined prompts have no image, hence no round to count.
        var left = samples.Where(s => !reasons.ContainsKey(s.Trajectory.Id) && s.Drawable).ToList();
        var quick = left.Where(s => s.Attempts.Count <= 1).ToList();
        var others = left.Count - quick.Count;
        if (others > 0 && options.MaxOneRoundShare < 1)
        {
            var room = (int)(others * options.MaxOneRoundShare / (1 - options.MaxOneRoundShare));
            foreach (var sample in quick.OrderBy(Order).Skip(room))
                reasons[sample.Trajectory.Id] = $"one round, of which there are {quick.Count} to {others} with more";
        }

        return ([.. samples.Where(s => !reasons.ContainsKey(s.Trajectory.Id))],
            [.. samples.Where(s => reasons.ContainsKey(s.Trajectory.Id)).Select(s => (s, reasons[s.Trajectory.Id]))]);
    }

    private static ulong Order(SynthesisSample sample) => SeedPath.FromRoot(sample.Trajectory.RootSeed).Child("balance", sample.Index).Value;
}
