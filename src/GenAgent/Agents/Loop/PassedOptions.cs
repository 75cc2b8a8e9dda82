using System.Globalization;
using System.Text.Json;
using GenAgent.Generators;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>The caller's image options that only concern the generator: checked, passed on with each call, and recorded.</summary>
internal static class PassedOptions
{
    private const string RawRepresentation = "raw_representation";

    // The agent handles these itself and sets them for each call.
    private static readonly string[] AgentsOwn =
    [
        ImageOptionsExtensions.SeedKey, ImageOptionsExtensions.StepsKey, ImageOptionsExtensions.GuidanceScaleKey,
        ImageOptionsExtensions.NegativePromptKey, ImageOptionsExtensions.ProgressKey,
    ];

    // Trajectories have separate members for these.
    private static readonly string[] RecordedApart = [ImageOptionsExtensions.MaskKey, ImageOptionsExtensions.StrengthKey];

    /// <summary>
    /// The options for each generator call, with the caller's objects; later changes of <paramref name="options"/> have no effect. Null if there are none.
    /// </summary>
    /// <exception cref="ArgumentException">The mask or the strength is invalid, or there is a mask without an original image.</exception>
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

    /// <summary>Adds the caller's serializable options to the record.</summary>
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
