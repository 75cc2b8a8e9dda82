using System.ComponentModel.DataAnnotations;
using GenAgent.Protocol;
using GenAgent.Validation;

namespace GenAgent.Agents;

/// <summary>
/// How an agent runs. Bound by Microsoft.Extensions.Configuration; <see cref="ImageAgent"/> refuses wrong values when it is made,
/// with the option's path and the allowed range. A null budget is no limit.
/// </summary>
public sealed record ImageAgentOptions : IOptionRules
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Agent";

    /// <summary>
    /// How agent and model talk: the name of a <see cref="Dialects.Dialect"/>. Null for that of the model's <see cref="AgentProfile"/>, else of a model known
    /// by its name, else <c>genagent</c>.
    /// </summary>
    public string? Dialect { get; init; }

    /// <summary>
    /// The older form of <see cref="Dialect"/>: <c>Tags</c> is <c>genagent</c>, <c>Native</c> is <c>native</c>. Null where <see cref="Dialect"/> is set.
    /// </summary>
    public CallStyle? CallStyle { get; init; }

    /// <summary>
    /// What the system turn says before it lists the tools; null for those of the model's own <see cref="AgentProfile"/>, else for the dialect's.
    /// Instructions that list the tools themselves (<c>&lt;tools&gt;</c>) are the whole system turn.
    /// </summary>
    public string? Instructions { get; init; }

    /// <summary>
    /// A file with the instructions, in place of <see cref="Instructions"/>: a text file, or a Python file (<c>.py</c>) whose <c>SYSTEM_PROMPT</c> is read.
    /// </summary>
    public string? InstructionsFile { get; init; }

    /// <summary>Rounds that a run may take where neither the options nor the model's profile nor its dialect say.</summary>
    public const int DefaultRounds = 4;

    /// <summary>
    /// Rounds that may bring an image, in [1, 100]; null for as many as the model was trained with (<see cref="AgentProfile"/>, else its dialect), else for
    /// <see cref="DefaultRounds"/>. After the last one the model may still judge and answer, unless its dialect ends there.
    /// </summary>
    [Range(1, 100)]
    public int? MaxRounds { get; init; }

    /// <summary>Turns that the model may take in one conversation, in [1, 10000]; null for the dialect's limit, else for 100.</summary>
    [Range(1, 10_000)]
    public int? MaxTurns { get; init; }

    /// <summary>Images that are made for one call, each from a seed of its own, in [1, 64]; one of them is shown to the model.</summary>
    [Range(1, 64)]
    public int CandidatesPerRound { get; init; } = 1;

    /// <summary>Images that the run may ask the generator for in all, in [1, 10000].</summary>
    [Range(1, 10_000)]
    public int? MaxImages { get; init; }

    /// <summary>Tokens that the model may read and write in all, in [1, 10^9]; no new turn begins once they are spent.</summary>
    [Range(1, 1_000_000_000)]
    public long? MaxTokens { get; init; }

    /// <summary>Wall-clock seconds that the run may take, above 0 and at most 86400; what is under way then is cancelled.</summary>
    [Range(0.001, 86_400)]
    public double? MaxSeconds { get; init; }

    /// <summary>How many faults a run survives.</summary>
    public FaultLimits Faults { get; init; } = new();

    /// <summary>
    /// The images' width in pixels, in [16, 16384]; null, with <see cref="Height"/>, for the generator's own size. An image of another size is a fault.
    /// </summary>
    [Range(16, 16_384)]
    public int? Width { get; init; }

    /// <summary>The images' height in pixels, in [16, 16384]; null, with <see cref="Width"/>, for the generator's own size.</summary>
    [Range(16, 16_384)]
    public int? Height { get; init; }

    /// <summary>Denoising steps, in [1, 1000]; null for the generator's own default.</summary>
    [Range(1, 1000)]
    public int? Steps { get; init; }

    /// <summary>
    /// Denoising steps of the images that are made before the model has seen any, in [1, 1000]: a draft costs less, and only one that fails is followed by
    /// more. Null for <see cref="Steps"/> where that is set, else for what the generator's <see cref="Generators.GeneratorProfile"/> recommends.
    /// </summary>
    [Range(1, 1000)]
    public int? DraftSteps { get; init; }

    /// <summary>Guidance scale, in [0, 100]; null for the generator's own default.</summary>
    [Range(0.0, 100.0)]
    public double? GuidanceScale { get; init; }

    /// <summary>The root of all seeds, for requests that bring none of their own; null for a fresh one each run.</summary>
    public ulong? Seed { get; init; }

    /// <summary>What no image should show: told to the model, and given to the generator as negative prompt; at most 2000 characters.</summary>
    [StringLength(2000)]
    public string? NegativePrompt { get; init; }

    /// <summary>The style to keep to, told to the model; at most 2000 characters.</summary>
    [StringLength(2000)]
    public string? StyleHint { get; init; }

    /// <summary>The model's sampling temperature, in [0, 2]; null for the dialect's, else for the backend's default.</summary>
    [Range(0.0, 2.0)]
    public float? Temperature { get; init; }

    /// <summary>Whether the backend is told, as <c>enable_thinking</c>, to let the model think; null to say nothing.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>The model's nucleus sampling, above 0 and at most 1; null for the backend's default.</summary>
    [Range(0.000_001, 1)]
    public float? TopP { get; init; }

    /// <summary>Tokens that one turn of the model may have, in [16, 1000000]; null for the backend's default.</summary>
    [Range(16, 1_000_000)]
    public int? MaxTurnTokens { get; init; }

    /// <summary>Characters that one turn of the model may have, in [100, 10000000]; what is beyond is not read, and the turn is broken.</summary>
    [Range(100, 10_000_000)]
    public int MaxTurnCharacters { get; init; } = 200_000;

    /// <summary>Characters that a prompt may have, the user's and the model's, in [1, 1000000].</summary>
    [Range(1, 1_000_000)]
    public int MaxPromptCharacters { get; init; } = 10_000;

    /// <summary>Pixels that an image may declare, in [1, 2^31 - 1]: read from its header, before anything is decoded.</summary>
    [Range(1, int.MaxValue)]
    public long MaxImagePixels { get; init; } = 64L << 20;

    /// <summary>Bytes that an encoded image may have, in [1, 2^31 - 1].</summary>
    [Range(1, int.MaxValue)]
    public long MaxImageBytes { get; init; } = 64L << 20;

    /// <summary>Whether each image is decoded once to see that it is whole. Without, only its header is checked.</summary>
    public bool DecodeImages { get; init; } = true;

    IEnumerable<string> IOptionRules.FindProblems(string path, Func<string, string> pathOf)
    {
        if (Instructions is { } text && string.IsNullOrWhiteSpace(text)) yield return $"{pathOf(nameof(Instructions))} is empty: leave it out for the default.";
        if (Dialect is { } name && Dialects.Dialect.Find(name) is null) yield return $"{pathOf(nameof(Dialect))}: {Dialects.Dialect.Unknown(name)}";
        if (CallStyle is not null && Dialect is not null)
        {
            yield return $"{pathOf(nameof(CallStyle))} is an older form of {pathOf(nameof(Dialect))}: leave it out.";
        }
        if (Instructions is not null && InstructionsFile is not null)
            yield return $"{pathOf(nameof(Instructions))} and {pathOf(nameof(InstructionsFile))} are both set: leave one out.";
        if (Width.HasValue != Height.HasValue) yield return $"{pathOf(nameof(Width))} and {pathOf(nameof(Height))} go together: set both or none.";
    }
}
