using GenAgent.Micro.Training.Recipes;
using GenAgent.Training.Recipes;

namespace GenAgent.Micro.Training.Pipeline;

/// <summary>A chain of trainings and data sets that ends in finished models: stages in their order, each of typed steps. Immutable.</summary>
public sealed record TrainingPipeline
{
    /// <summary>What the folders of all steps begin with, as <c>micro</c> in <c>runs/micro-vae</c>; empty for nothing.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>The stages.</summary>
    public IReadOnlyList<PipelineStage> Stages { get; init; } = [];

    /// <summary>Reads a pipeline, and checks that every step uses only what an earlier step writes.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The pipeline.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="RecipeException">The file is no pipeline, or its steps do not fit each other; the message names stage and step.</exception>
    public static TrainingPipeline Read(string path)
    {
        var pipeline = RecipeKind.Read<TrainingPipeline>(path);
        if (pipeline.Stages.Count == 0) throw new RecipeException($"{path}: \"stages\" is empty.");
        var written = new HashSet<string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stage in pipeline.Stages)
        {
            if (stage.Name.Length == 0 || stage.Steps.Count == 0) throw new RecipeException($"{path}: a stage needs a \"name\" and \"steps\".");
            if (!names.Add(stage.Name)) throw new RecipeException($"{path}: two stages have the name \"{stage.Name}\".");
            foreach (var (step, place) in stage.Steps.Select((step, i) => (step, i + 1)))
            {
                var where = FormattableString.Invariant($"{path}, stage \"{stage.Name}\", step {place}");
                if (step.Problem is { } problem) throw new RecipeException($"{where}: {problem}");
                if (step.Uses.FirstOrDefault(name => !written.Contains(name)) is { } missing)
                    throw new RecipeException($"{where} uses {PipelinePlaces.Scheme}{missing}, which no earlier step writes.");
                if (step.Out is { Length: > 0 } name && !written.Add(name)) throw new RecipeException($"{where} writes \"{name}\", as an earlier step does.");
            }
        }

        return pipeline;
    }
}

/// <summary>Steps that belong together, by a name that a run can begin from. Immutable.</summary>
public sealed record PipelineStage
{
    /// <summary>The stage's name.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The steps, in their order.</summary>
    public IReadOnlyList<PipelineStep> Steps { get; init; } = [];
}
