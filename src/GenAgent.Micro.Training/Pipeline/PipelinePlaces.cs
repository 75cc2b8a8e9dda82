namespace GenAgent.Micro.Training.Pipeline;

/// <summary>Where a pipeline's recipes, runs and finished models are. Immutable.</summary>
/// <param name="Recipes">The folder of the recipes, that of the pipeline's file.</param>
/// <param name="Runs">The folder that the steps write to.</param>
/// <param name="Models">The folder that finished models are copied to.</param>
/// <param name="Prefix">What the folders of the steps begin with.</param>
public sealed record PipelinePlaces(string Recipes, string Runs, string Models, string Prefix)
{
    /// <summary>What a value begins with that names a step's output, as <c>run:vae/model</c>.</summary>
    public const string Scheme = "run:";

    /// <summary>The folder that a step writes.</summary>
    /// <param name="name">The step's output.</param>
    /// <returns>The folder's path.</returns>
    public string Run(string name) => Path.Combine(Runs, Prefix.Length > 0 ? $"{Prefix}-{name}" : name);

    /// <summary>A value with a step's output in the place of its name; any other value as it is.</summary>
    /// <param name="value">A value as the pipeline's file has it.</param>
    /// <returns>The value, with the folder in the place of <c>run:NAME</c>.</returns>
    public string Resolve(string value) => value.StartsWith(Scheme, StringComparison.Ordinal) ? Run(value[Scheme.Length..]) : value;

    /// <summary>The same for the URI of a generator: a folder that is not rooted begins with <c>./</c>.</summary>
    /// <param name="value">A name as the pipeline's file has it.</param>
    /// <returns>The URI.</returns>
    public string Generator(string value)
    {
        var resolved = Resolve(value);
        return value.StartsWith(Scheme, StringComparison.Ordinal) && !Path.IsPathRooted(resolved) ? $"./{resolved}" : resolved;
    }

    /// <summary>The step whose output a value names; null for any other value.</summary>
    /// <param name="value">A value as the pipeline's file has it.</param>
    /// <returns>The step's output, or null.</returns>
    public static string? StepOf(string value) => value.StartsWith(Scheme, StringComparison.Ordinal) ? value[Scheme.Length..].Split('/')[0] : null;
}
