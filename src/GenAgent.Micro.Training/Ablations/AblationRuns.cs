using System.Globalization;
using GenAgent.Evaluation.Reports;

namespace GenAgent.Micro.Training.Ablations;

/// <summary>What a variant came to in one evaluation. Immutable.</summary>
/// <param name="Evaluation">The evaluation's name.</param>
/// <param name="Result">Its figures.</param>
public sealed record AblationResult(string Evaluation, SeededResult Result);

/// <summary>The commands of a study, and its results once they have run. Immutable.</summary>
/// <param name="study">The study.</param>
/// <param name="recipes">The folder of its recipe.</param>
/// <param name="folder">Where everything goes, as the commands name it.</param>
public sealed class AblationRuns(AblationStudy study, string recipes, string folder)
{
    /// <summary>The commands of <c>genagent</c>, in order: each resumes, or ends at once if it was done before.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Commands =>
    [
        .. study.Variants.SelectMany(variant => SeedsOf(variant).SelectMany(seed => CommandsOf(variant, seed))),
    ];

    /// <summary>Where a training of a variant goes, with the names of the variants, for plots of its curve.</summary>
    public IEnumerable<(string Variant, ulong Seed, string Folder)> Trainings =>
        study.Variants.Where(variant => variant.Trains).SelectMany(variant => study.Seeds.Select(seed => (variant.Name, seed, RunOf(variant, seed))));

    /// <summary>The part of a path that a name becomes.</summary>
    /// <param name="name">A variant's or an evaluation's name.</param>
    /// <returns>Lower-case letters, digits and dashes.</returns>
    public static string FolderOf(string name) => string.Concat(name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));

    /// <summary>The figures of every variant in every evaluation.</summary>
    /// <param name="fullPath">Makes whole paths of those that the commands name.</param>
    /// <returns>The results, evaluation by evaluation, the baseline first.</returns>
    public IReadOnlyList<AblationResult> Results(Func<string, string> fullPath) =>
    [
        .. study.Evaluations.SelectMany(evaluation => study.Variants.Select((variant, i) => new AblationResult(
            evaluation.Name,
            SeededResult.Of(variant.Name, Folders(evaluation, variant, fullPath), i == 0 ? null : Folders(evaluation, study.Variants[0], fullPath))))),
    ];

    private List<string> Folders(AblationEvaluation evaluation, AblationVariant variant, Func<string, string> fullPath) =>
        [.. SeedsOf(variant).Select(seed => fullPath(FolderOf(evaluation, variant, seed)))];

    private IEnumerable<IReadOnlyList<string>> CommandsOf(AblationVariant variant, ulong seed)
    {
        if (variant.Trains) yield return Train(variant, seed);
        foreach (var evaluation in study.Evaluations) yield return Evaluate(evaluation, variant, seed);
    }

    private IReadOnlyList<ulong> SeedsOf(AblationVariant variant) => variant.Trains ? study.Seeds : [0];

    private string RunOf(AblationVariant variant, ulong seed) =>
        Path.Combine(folder, FolderOf(variant.Name), string.Create(CultureInfo.InvariantCulture, $"seed-{seed}"));

    private string FolderOf(AblationEvaluation evaluation, AblationVariant variant, ulong seed) =>
        Path.Combine(
            folder,
            FolderOf(variant.Name),
            $"eval-{FolderOf(evaluation.Name)}" + (variant.Trains ? string.Create(CultureInfo.InvariantCulture, $"-{seed}") : null));

    private string[] Train(AblationVariant variant, ulong seed) =>
    [
        "train", "rl", Path.Combine(recipes, study.Recipe), "--out", RunOf(variant, seed), "--resume",
        .. variant.Set.OrderBy(change => change.Key, StringComparer.Ordinal)
            .Append(new("training.seed", seed.ToString(CultureInfo.InvariantCulture)))
            .SelectMany(change => (string[])["--set", $"{change.Key}={change.Value}"]),
    ];

    private string[] Evaluate(AblationEvaluation evaluation, AblationVariant variant, ulong seed)
    {
        var model = variant.Trains ? Path.Combine(RunOf(variant, seed), "model") : study.StartFrom;
        return
        [
            "eval", "run", evaluation.Benchmark, "--agent", Path.IsPathRooted(model) ? model : $"./{model}", "--generator", evaluation.Generator,
            .. evaluation.Arguments, .. variant.Arguments, "--out", FolderOf(evaluation, variant, seed),
        ];
    }
}
