using GenAgent.Generators;
using GenAgent.Validation;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>Which values an agent's options may have.</summary>
internal static class OptionRanges
{
    /// <summary>Throws if an option is out of its range, naming each with its path.</summary>
    public static void Validate(this ImageAgentOptions options) => OptionRules.Validate(options, ImageAgentOptions.SectionName);

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
