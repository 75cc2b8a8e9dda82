using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Perception;

/// <summary>
/// An image that a generator painted: what a user might have asked for, the caption that was painted, and the verifier's reading. Immutable; one
/// line of <c>paintings.jsonl</c>.
/// </summary>
/// <param name="Schema">The line's version.</param>
/// <param name="Index">Which painting, from 0: with the folder's seed it settles prompt, caption and noise.</param>
/// <param name="Prompt">The user's prompt with its constraints; a training prompt.</param>
/// <param name="Caption">What the generator was given.</param>
/// <param name="Style">How much the caption says; null for the user's own words.</param>
/// <param name="Image">Where the image lies below the folder, with <c>/</c>.</param>
/// <param name="Seed">The seed that the generator was asked to use.</param>
/// <param name="Reading">What is seen.</param>
public sealed record Painting(int Schema, long Index, MicroPrompt Prompt, string Caption, CaptionStyle? Style, string Image, long Seed, SceneReading Reading)
{
    /// <summary>The version that is written.</summary>
    public const int CurrentSchema = 1;

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
