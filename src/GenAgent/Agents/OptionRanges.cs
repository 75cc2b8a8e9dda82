using GenAgent.Generators;
using GenAgent.Validation;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>Validates an agent's options.</summary>
internal static class OptionRanges
{
    /// <summary>Throws if options are out of range; the message names each path.</summary>
    public static void Validate(this ImageAgentOptions options) => OptionRules.Validate(options, ImageAgentOptions.SectionName);

    /// <summary>Returns the options with a request's overrides; the same object if there are none.</summary>
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
