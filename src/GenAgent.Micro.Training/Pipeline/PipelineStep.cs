using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using GenAgent.Micro.Training.Recipes;

namespace GenAgent.Micro.Training.Pipeline;

/// <summary>One command of a pipeline. Immutable.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step")]
[JsonDerivedType(typeof(TrainStep), "train")]
[JsonDerivedType(typeof(PaintStep), "paint")]
[JsonDerivedType(typeof(SynthStep), "synth")]
[JsonDerivedType(typeof(FilterStep), "filter")]
[JsonDerivedType(typeof(CopyStep), "copy")]
public abstract record PipelineStep
{
    /// <summary>What the step's folder is called; empty for a step that writes none.</summary>
    public string Out { get; init; } = string.Empty;

    /// <summary>About how long the step takes, in minutes on two free CPU cores; 0 for seconds.</summary>
    [Range(0, 1_000_000)]
    public double Minutes { get; init; }

    /// <summary>The earlier steps whose output this step uses.</summary>
    [JsonIgnore]
    public IEnumerable<string> Uses => Values.Select(PipelinePlaces.StepOf).OfType<string>();

    /// <summary>What is wrong with the step by itself; null for nothing.</summary>
    [JsonIgnore]
    public virtual string? Problem => Out.Length == 0 ? "\"out\" is missing: name the folder that the step writes." : null;

    /// <summary>The values that may name an earlier step's output.</summary>
    [JsonIgnore]
    protected abstract IEnumerable<string> Values { get; }

    /// <summary>The step's arguments of <c>genagent</c>.</summary>
    /// <param name="places">Where steps read and write.</param>
    /// <returns>The arguments, in order.</returns>
    public abstract IReadOnlyList<string> Command(PipelinePlaces places);

    /// <summary>An option with its value; nothing where there is no value.</summary>
    private protected static string[] Option(string name, IFormattable? value) =>
        value is null ? [] : [name, value.ToString(null, CultureInfo.InvariantCulture)];
}

/// <summary>A training: <c>genagent train</c>.</summary>
public sealed record TrainStep : PipelineStep
{
    /// <summary>Which trainer: vae, flow, sight, sft or rl.</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>The recipe's file, beside the pipeline's.</summary>
    public string Recipe { get; init; } = string.Empty;

    /// <summary>Values that replace the recipe's, by their path, as <c>data.0.path</c>.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string? Problem =>
        base.Problem ?? (!RecipeKind.All.ContainsKey(Kind) ? $"\"kind\" is \"{Kind}\", which is none of {string.Join(", ", RecipeKind.All.Keys)}."
            : Recipe.Length == 0 ? "\"recipe\" is missing." : null);

    /// <inheritdoc/>
    protected override IEnumerable<string> Values => Set.Values;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Command(PipelinePlaces places)
    {
        ArgumentNullException.ThrowIfNull(places);
        return
        [
            "train", Kind, Path.Combine(places.Recipes, Recipe), "--out", places.Run(Out), "--resume",
            .. Set.OrderBy(change => change.Key, StringComparer.Ordinal)
                .SelectMany(change => (string[])["--set", $"{change.Key}={Value(change.Key, change.Value, places)}"]),
        ];
    }

    private static string Value(string key, string value, PipelinePlaces places) =>
        key.EndsWith("generator", StringComparison.OrdinalIgnoreCase) ? places.Generator(value) : places.Resolve(value);
}

/// <summary>Data that a generator's images are made for. Immutable.</summary>
public abstract record DataStep : PipelineStep
{
    /// <summary>The generator's URI.</summary>
    public string Generator { get; init; } = string.Empty;

    /// <summary>How many images or trajectories.</summary>
    [Range(1, int.MaxValue)]
    public int Count { get; init; } = 1000;

    /// <summary>The root of all randomness; null for the command's default.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Denoising steps; null for the generator's own number.</summary>
    public int? Steps { get; init; }

    /// <summary>Share of requests in free wording; null for none.</summary>
    public double? Requests { get; init; }

    /// <inheritdoc/>
    protected override IEnumerable<string> Values => [Generator];

    /// <summary>What the command of <c>genagent data</c> is called.</summary>
    [JsonIgnore]
    private protected abstract string Verb { get; }

    /// <summary>The options that only this command has.</summary>
    [JsonIgnore]
    private protected virtual string[] OwnOptions => [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Command(PipelinePlaces places)
    {
        ArgumentNullException.ThrowIfNull(places);
        return
        [
            "data", Verb, "--generator", places.Generator(Generator), "--count", Count.ToString(CultureInfo.InvariantCulture),
            .. Option("--seed", Seed), .. Option("--steps", Steps), .. OwnOptions, .. Option("--requests", Requests), "--out", places.Run(Out),
        ];
    }
}

/// <summary>Images of a generator with what is read off them: <c>genagent data paint</c>.</summary>
public sealed record PaintStep : DataStep
{
    private protected override string Verb => "paint";
}

/// <summary>Trajectories of the teacher: <c>genagent data synth</c>.</summary>
public sealed record SynthStep : DataStep
{
    /// <summary>Share of prompts of which the generator paints something else; null for none.</summary>
    public double? Mistaken { get; init; }

    private protected override string Verb => "synth";

    private protected override string[] OwnOptions => Option("--mistaken", Mistaken);
}

/// <summary>The trajectories that are worth learning from: <c>genagent data filter</c>.</summary>
public sealed record FilterStep : PipelineStep
{
    /// <summary>The folder of trajectories, as <c>run:NAME</c>.</summary>
    public string From { get; init; } = string.Empty;

    /// <summary>The most that may have one image only, as a share; null for the command's default.</summary>
    public double? MaxOneRound { get; init; }

    /// <inheritdoc/>
    protected override IEnumerable<string> Values => [From];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Command(PipelinePlaces places)
    {
        ArgumentNullException.ThrowIfNull(places);
        return ["data", "filter", places.Resolve(From), .. Option("--max-one-round", MaxOneRound), "--out", places.Run(Out)];
    }
}

/// <summary>A finished model is copied to where models are kept: <c>genagent models copy</c>.</summary>
public sealed record CopyStep : PipelineStep
{
    /// <summary>The model's folder, as <c>run:NAME/model</c>.</summary>
    public string From { get; init; } = string.Empty;

    /// <summary>The name of its folder among the models.</summary>
    public string To { get; init; } = string.Empty;

    /// <inheritdoc/>
    public override string? Problem =>
        To.Length == 0 || !string.Equals(To, Path.GetFileName(To), StringComparison.Ordinal) ? "\"to\" is the name of a folder, without a path." : null;

    /// <inheritdoc/>
    protected override IEnumerable<string> Values => [From];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Command(PipelinePlaces places)
    {
        ArgumentNullException.ThrowIfNull(places);
        return ["models", "copy", places.Resolve(From), Path.Combine(places.Models, To)];
    }
}
