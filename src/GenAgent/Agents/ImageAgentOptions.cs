using System.ComponentModel.DataAnnotations;
using GenAgent.Protocol;
using GenAgent.Validation;

namespace GenAgent.Agents;

/// <summary>
/// How an agent runs. Bound by Microsoft.Extensions.Configuration; the constructor of <see cref="ImageAgent"/> rejects invalid values, naming the option's
/// path and the allowed range. A null budget means no limit.
/// </summary>
public sealed record ImageAgentOptions : IOptionRules
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Agent";

    /// <summary>
    /// The name of a <see cref="Dialects.Dialect"/>. Null for that of the model's <see cref="AgentProfile"/>, else of a known model name, else <c>genagent</c>.
    /// </summary>
    public string? Dialect { get; init; }

    /// <summary>
    /// The older form of <see cref="Dialect"/>: <c>Tags</c> is <c>genagent</c>, <c>Native</c> is <c>native</c>. Null if <see cref="Dialect"/> is set.
    /// </summary>
    public CallStyle? CallStyle { get; init; }

    /// <summary>
    /// The instructions before the list of tools in the system turn; null for those of the model's <see cref="AgentProfile"/>, else the dialect's.
    /// Instructions that list the tools themselves (<c>&lt;tools&gt;</c>) are the whole system turn.
    /// </summary>
    public string? Instructions { get; init; }

    /// <summary>
    /// A file with the instructions, in place of <see cref="Instructions"/>: a text file, or a Python file (<c>.py</c>) whose <c>SYSTEM_PROMPT</c> is read.
    /// </summary>
    public string? InstructionsFile { get; init; }

    /// <summary>Maximum number of rounds if neither the options nor the model's profile nor its dialect set one.</summary>
    public const int DefaultRounds = 4;

    /// <summary>
    /// Maximum number of image rounds, in [1, 100]; null for as many as the model was trained with (<see cref="AgentProfile"/>, else its dialect), else for
    /// <see cref="DefaultRounds"/>. After the last one the model may still judge and answer, unless its dialect ends the run there.
    /// </summary>
    [Range(1, 100)]
    public int? MaxRounds { get; init; }

    /// <summary>Maximum number of model turns in one conversation, in [1, 10000]; null for the dialect's limit, else 100.</summary>
    [Range(1, 10_000)]
    public int? MaxTurns { get; init; }

    /// <summary>Images per call, each with its own seed, in [1, 64]; the model sees one of them.</summary>
    [Range(1, 64)]
    public int CandidatesPerRound { get; init; } = 1;

    /// <summary>Maximum number of generated images per run, in [1, 10000].</summary>
    [Range(1, 10_000)]
    public int? MaxImages { get; init; }

    /// <summary>Maximum number of tokens that the model reads and writes per run, in [1, 10^9]; no turn begins after that.</summary>
    [Range(1, 1_000_000_000)]
    public long? MaxTokens { get; init; }

    /// <summary>Maximum wall-clock time of a run in seconds, above 0 and at most 86400; then the current work is cancelled.</summary>
    [Range(0.001, 86_400)]
    public double? MaxSeconds { get; init; }

    /// <summary>How many faults a run tolerates.</summary>
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
    /// Denoising steps of the images that are made before the model has seen any, in [1, 1000]: a draft is cheaper, and only a failed draft is followed by
    /// an image with all steps. Null for <see cref="Steps"/> if set, else for the recommendation of the generator's
    /// <see cref="Generators.GeneratorProfile"/>.
    /// </summary>
    [Range(1, 1000)]
    public int? DraftSteps { get; init; }

    /// <summary>Guidance scale, in [0, 100]; null for the generator's own default.</summary>
    [Range(0.0, 100.0)]
    public double? GuidanceScale { get; init; }

    /// <summary>The root seed for requests without one; null for a random one per run.</summary>
    public ulong? Seed { get; init; }

    /// <summary>What no image should show, for the model and as the generator's negative prompt; at most 2000 characters.</summary>
    [StringLength(2000)]
    public string? NegativePrompt { get; init; }

    /// <summary>The required style, for the model; at most 2000 characters.</summary>
    [StringLength(2000)]
    public string? StyleHint { get; init; }

    /// <summary>The model's sampling temperature, in [0, 2]; null for the dialect's, else for the backend's default.</summary>
    [Range(0.0, 2.0)]
    public float? Temperature { get; init; }

    /// <summary>The value of <c>enable_thinking</c> in requests; null omits it.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>The model's nucleus sampling, above 0 and at most 1; null for the backend's default.</summary>
    [Range(0.000_001, 1)]
    public float? TopP { get; init; }

    /// <summary>Maximum number of tokens of a model turn, in [16, 1000000]; null for the backend's default.</summary>
    [Range(16, 1_000_000)]
    public int? MaxTurnTokens { get; init; }

    /// <summary>Maximum number of characters of a model turn, in [100, 10000000]; the rest is not read, and the turn is invalid.</summary>
    [Range(100, 10_000_000)]
    public int MaxTurnCharacters { get; init; } = 200_000;

    /// <summary>Maximum number of characters of a prompt, the user's or the model's, in [1, 1000000].</summary>
    [Range(1, 1_000_000)]
    public int MaxPromptCharacters { get; init; } = 10_000;

    /// <summary>Maximum number of pixels of an image, in [1, 2^31 - 1]; checked against its header before decoding.</summary>
    [Range(1, int.MaxValue)]
    public long MaxImagePixels { get; init; } = 64L << 20;

    /// <summary>Maximum size of an encoded image in bytes, in [1, 2^31 - 1].</summary>
    [Range(1, int.MaxValue)]
    public long MaxImageBytes { get; init; } = 64L << 20;

    /// <summary>Whether to decode each image once to check that it is complete; otherwise only its header is checked.</summary>
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
