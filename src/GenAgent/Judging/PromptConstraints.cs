using System.Text.Json.Serialization;

namespace GenAgent.Judging;

/// <summary>A prompt's meaning in GenEval++'s schema: what must be there, and what must not.</summary>
/// <param name="Include">Each must be found, with exactly its count.</param>
/// <param name="Exclude">None may be found with its count or more.</param>
public sealed record PromptConstraints(
    [property: JsonPropertyName("include")] IReadOnlyList<ObjectConstraint> Include,
    [property: JsonPropertyName("exclude")] IReadOnlyList<ObjectConstraint>? Exclude = null);

/// <summary>A group of like objects.</summary>
/// <param name="Class">What they are, for instance <c>circle</c>.</param>
/// <param name="Count">How many, 1 or more.</param>
/// <param name="Color">Their colour, or null when any will do.</param>
/// <param name="Region">Where they are: <c>above</c>, <c>below</c>, <c>left</c>, <c>right</c>, as seen from the other groups; or null.</param>
/// <param name="Size"><c>larger</c> or <c>smaller</c> than the other group; or null.</param>
public sealed record ObjectConstraint(
    [property: JsonPropertyName("class")] string Class,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("color"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Color = null,
    [property: JsonPropertyName("region"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Region = null,
    [property: JsonPropertyName("size"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Size = null);
