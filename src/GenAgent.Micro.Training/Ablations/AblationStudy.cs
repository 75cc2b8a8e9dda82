using System.Text.Json.Serialization;
using GenAgent.Training.Recipes;

namespace GenAgent.Micro.Training.Ablations;

/// <summary>
/// A study of what each part of a training is worth: a recipe of <c>train rl</c> in variants, each with several seeds, evaluated alike. Immutable.
/// </summary>
public sealed record AblationStudy
{
    /// <summary>The recipe that the variants change, beside the study's file.</summary>
    public string Recipe { get; init; } = string.Empty;

    /// <summary>The seeds that each variant is trained with.</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [1, 2, 3];

    /// <summary>How the models are evaluated.</summary>
    public IReadOnlyList<AblationEvaluation> Evaluations { get; init; } = [];

    /// <summary>The variants; the first is the baseline of all differences.</summary>
    public IReadOnlyList<AblationVariant> Variants { get; init; } = [];

    /// <summary>The model that the recipe starts from.</summary>
    [JsonIgnore]
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>Reads a study.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The study.</returns>
    /// <exception cref="FileNotFoundException">The file or its recipe does not exist.</exception>
    /// <exception cref="RecipeException">The file is no study, or a variant's recipe cannot be read.</exception>
    public static AblationStudy Read(string path)
    {
        var study = Recipes.RecipeKind.Read<AblationStudy>(path);
        var problem = study.Seeds.Count == 0 ? "\"seeds\" is empty."
            : study.Evaluations.Count == 0 ? "\"evaluations\" is empty: name at least one."
            : study.Variants.Count < 2 ? "\"variants\" needs a baseline and at least one more."
            : !study.Variants[0].Trains ? "the first variant is the baseline and must be trained."
            : Repeated(study.Variants.Select(variant => variant.Name)) ?? Repeated(study.Evaluations.Select(evaluation => evaluation.Name));
        if (problem is not null) throw new RecipeException($"{path}: {problem}");
        var recipe = Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, study.Recipe);
        var recipes = study.Variants
            .Select(variant => Recipes.RecipeKind.Read<Recipes.RlRecipe>(recipe, variant.Set.Select(change => $"{change.Key}={change.Value}"))).ToList();
        return study with { StartFrom = recipes[0].StartFrom };
    }

    private static string? Repeated(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return names.FirstOrDefault(name => name.Length == 0 || !seen.Add(AblationRuns.FolderOf(name))) is { } twice
            ? twice.Length == 0 ? "a \"name\" is missing." : $"two have the name \"{twice}\"."
            : null;
    }
}

/// <summary>A benchmark that every variant is evaluated on. Immutable.</summary>
public sealed record AblationEvaluation
{
    /// <summary>Its name in the report.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The benchmark, as <c>eval list</c> names it.</summary>
    public string Benchmark { get; init; } = "micro";

    /// <summary>The generator's URI.</summary>
    public string Generator { get; init; } = "micro";

    /// <summary>Further arguments of <c>eval run</c>, as <c>--rounds 4</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>One way of training. Immutable.</summary>
public sealed record AblationVariant
{
    /// <summary>Its name in the report.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Whether it is trained; a variant that is not evaluates the model that the recipe starts from.</summary>
    public bool Trains { get; init; } = true;

    /// <summary>Values that replace the recipe's, by their path.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Further arguments of its evaluations, as <c>--rewrite</c> for an agent that never sees its images.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
