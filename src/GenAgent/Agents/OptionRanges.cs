using System.Globalization;
using GenAgent.Generators;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>Which values an agent's options may have.</summary>
internal static class OptionRanges
{
    private const int MaxHintCharacters = 2000;

    /// <summary>Throws when an option is out of its range, naming each with its path.</summary>
    public static void Validate(this ImageAgentOptions options)
    {
        var problems = options.FindProblems(ImageAgentOptions.SectionName).ToArray();
        if (problems.Length > 0)
        {
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        }
    }

    /// <summary>A sentence for each option that is out of its range, with its path below <paramref name="path"/>.</summary>
    public static IEnumerable<string> FindProblems(this ImageAgentOptions options, string path)
    {
        string?[] found =
        [
            Enum.IsDefined(options.CallStyle) ? null : $"{path}:CallStyle is {(int)options.CallStyle}, but must be Tags or Native.",
            options.Instructions is { } text && string.IsNullOrWhiteSpace(text) ? $"{path}:Instructions is empty: leave it out for the default." : null,
            Outside(options.MaxRounds, 1, 100, "MaxRounds"),
            Outside(options.CandidatesPerRound, 1, 64, "CandidatesPerRound"),
            Outside(options.MaxImages, 1, 10_000, "MaxImages"),
            Outside(options.MaxTokens, 1, 1_000_000_000, "MaxTokens"),
            Outside(options.MaxSeconds, 0.001, 86_400, "MaxSeconds"),
            Outside(options.Faults.BrokenTurns, 0, 1000, "Faults:BrokenTurns"),
            Outside(options.Faults.UnknownTools, 0, 1000, "Faults:UnknownTools"),
            Outside(options.Faults.BadArguments, 0, 1000, "Faults:BadArguments"),
            Outside(options.Faults.RefusedPrompts, 0, 1000, "Faults:RefusedPrompts"),
            Outside(options.Faults.GeneratorFailures, 0, 1000, "Faults:GeneratorFailures"),
            Outside(options.Faults.BadImages, 0, 1000, "Faults:BadImages"),
            Outside(options.Width, 16, 16_384, "Width"),
            Outside(options.Height, 16, 16_384, "Height"),
            options.Width.HasValue != options.Height.HasValue ? $"{path}:Width and {path}:Height go together: set both or none." : null,
            Outside(options.Steps, 1, 1000, "Steps"),
            Outside(options.DraftSteps, 1, 1000, "DraftSteps"),
            Outside(options.GuidanceScale, 0, 100, "GuidanceScale"),
            Outside(options.NegativePrompt?.Length, 0, MaxHintCharacters, "NegativePrompt", "'s length"),
            Outside(options.StyleHint?.Length, 0, MaxHintCharacters, "StyleHint", "'s length"),
            Outside(options.Temperature, 0, 2, "Temperature"),
            Outside(options.TopP, 0.000_001, 1, "TopP"),
            Outside(options.MaxTurnTokens, 16, 1_000_000, "MaxTurnTokens"),
            Outside(options.MaxTurnCharacters, 100, 10_000_000, "MaxTurnCharacters"),
            Outside(options.MaxPromptCharacters, 1, 1_000_000, "MaxPromptCharacters"),
            Outside(options.MaxImagePixels, 1, int.MaxValue, "MaxImagePixels"),
            Outside(options.MaxImageBytes, 1, int.MaxValue, "MaxImageBytes"),
        ];
        return found.OfType<string>();

        string? Outside(double? value, double least, double most, string name, string what = "") =>
            value is null || (value >= least && value <= most)
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{path}:{name}{what} is {value}, but must be from {least} to {most}.");
    }

    /// <summary>The options with what one request asks for in place of their own; the same options when it asks for nothing.</summary>
    public static ImageAgentOptions With(this ImageAgentOptions options, ImageGenerationOptions? asked)
    {
        var merged = asked is null ? options : options with
        {
            Width = asked.ImageSize?.Width ?? options.Width,
            Height = asked.ImageSize?.Height ?? options.Height,
            Seed = asked.GetSeed() is { } seed ? (ulong)seed : options.Seed,
            Steps = asked.GetSteps() ?? options.Steps,
            DraftSteps = asked.GetSteps() ?? options.DraftSteps,
            GuidanceScale = asked.GetGuidanceScale() ?? options.GuidanceScale,
            NegativePrompt = asked.GetNegativePrompt() ?? options.NegativePrompt,
        };
        if (merged == options)
        {
            return options;
        }

        merged.Validate();
        return merged;
    }
}
