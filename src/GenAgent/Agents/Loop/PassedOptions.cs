using System.Globalization;
using System.Text.Json;
using GenAgent.Generators;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>What a caller's image options hold that is the generator's affair and not the agent's: checked, passed on with each call, and recorded.</summary>
internal static class PassedOptions
{
    private const string RawRepresentation = "raw_representation";

    // The agent reads these itself, and says them anew with each call.
    private static readonly string[] AgentsOwn =
    [
        ImageOptionsExtensions.SeedKey, ImageOptionsExtensions.StepsKey, ImageOptionsExtensions.GuidanceScaleKey,
        ImageOptionsExtensions.NegativePromptKey, ImageOptionsExtensions.ProgressKey,
    ];

    // These have a place of their own in a trajectory.
    private static readonly string[] RecordedApart = [ImageOptionsExtensions.MaskKey, ImageOptionsExtensions.StrengthKey];

    /// <summary>
    /// What each call of the generator is given, as the caller's objects; later changes of <paramref name="options"/> change nothing. Null for nothing.
    /// </summary>
    /// <exception cref="ArgumentException">The mask or the strength is not what it should be, or there is a mask without an original image.</exception>
    public static ImageGenerationOptions? From(ImageGenerationOptions? options, int originals)
    {
        if (options is null)
        {
            return null;
        }

        if (options.GetMask() is not null && originals == 0)
        {
            throw new ArgumentException(
                "A mask is given, but no original image: a mask says which part of the first original image may be changed.", nameof(options));
        }

        if (options.GetStrength() is { } strength and not (>= 0 and <= 1))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Image option \"{ImageOptionsExtensions.StrengthKey}\" is {strength}, but must be from 0 to 1."),
                nameof(options));
        }

        var given = options.Clone();
        given.StreamingCount = options.StreamingCount;
        foreach (var key in AgentsOwn)
        {
            given.AdditionalProperties?.Remove(key);
        }

        return given;
    }

    /// <summary>The generation with what the caller gave, as far as it can be written down.</summary>
    public static Generation Record(Generation generation, ImageGenerationOptions? given)
    {
        if (given is null)
        {
            return generation;
        }

        var settings = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in given.AdditionalProperties ?? [])
        {
            if (value is not null && !RecordedApart.Contains(key, StringComparer.Ordinal))
            {
                settings[key] = value is IConvertible or JsonElement ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;
            }
        }

        if (given.RawRepresentationFactory is not null)
        {
            settings[RawRepresentation] = null;
        }

        return generation with
        {
            Strength = given.GetStrength(),
            Model = given.ModelId,
            MediaType = given.MediaType,
            Settings = settings.Count > 0 ? settings : null,
        };
    }
}
