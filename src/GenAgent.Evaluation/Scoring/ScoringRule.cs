namespace GenAgent.Evaluation.Scoring;

/// <summary>
/// How a benchmark makes one score of its images' values: officially as the published script does, soundly with every prompt weighed and failed judgements left
/// out.
/// </summary>
public sealed record ScoringRule
{
    /// <summary>The columns of the paper's table, in its order.</summary>
    public required IReadOnlyList<ScoreColumn> Columns { get; init; }

    /// <summary>What the published script does where an image is missing. Soundly a missing image always counts 0.</summary>
    public MissingImages Missing { get; init; }

    /// <summary>Whether the published script gives no overall score while one of its columns has no value.</summary>
    public bool NeedsEveryColumn { get; init; }

    /// <summary>The highest value.</summary>
    public double Highest { get; init; } = 1;

    /// <summary>Marks whose means stand beside the score.</summary>
    public IReadOnlyList<string> AlsoMarks { get; init; } = [];

    /// <summary>One column a category, each with the same weight.</summary>
    /// <param name="categories">The categories, in the order of the columns.</param>
    /// <returns>The rule.</returns>
    public static ScoringRule OfCategories(IEnumerable<string> categories) => new() { Columns = [.. categories.Select(c => new ScoreColumn(c, c))] };
}

/// <summary>A column of a score table.</summary>
/// <param name="Name">Its head.</param>
/// <param name="Categories">The categories whose prompts it averages.</param>
/// <param name="OfficialWeight">Its weight in the published overall score; 0 where the script forgets it.</param>
/// <param name="SoundWeight">Its weight in the sound overall score.</param>
public sealed record ScoreColumn(string Name, IReadOnlyList<string> Categories, double OfficialWeight = 1, double SoundWeight = 1)
{
    /// <summary>A column of one category.</summary>
    /// <param name="name">Its head.</param>
    /// <param name="category">The category whose prompts it averages.</param>
    /// <param name="officialWeight">Its weight in the published overall score; 0 where the script forgets it.</param>
    /// <param name="soundWeight">Its weight in the sound overall score.</param>
    public ScoreColumn(string name, string category, double officialWeight = 1, double soundWeight = 1)
        : this(name, [category], officialWeight, soundWeight)
    {
    }
}

/// <summary>What a published script does where an image is missing.</summary>
public enum MissingImages
{
    /// <summary>It counts as 0.</summary>
    CountZero,

    /// <summary>The mean runs over the images that are there.</summary>
    AreLeftOut,

    /// <summary>There is no score at all: the script stops.</summary>
    Fail,
}
