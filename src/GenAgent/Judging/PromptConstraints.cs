using System.Text.Json.Serialization;

namespace GenAgent.Judging;

/// <summary>A prompt's meaning in GenEval++'s schema: what must be there, and what must not.</summary>
/// <param name="Include">Each must be found, with exactly its count.</param>
/// <param name="Exclude">None may be found with its count or more.</param>
/// <param name="Background">The colour behind the objects, for instance <c>black</c>; or null for any.</param>
public sealed record PromptConstraints(
    [property: JsonPropertyName("include")] IReadOnlyList<ObjectConstraint> Include,
    [property: JsonPropertyName("exclude")] IReadOnlyList<ObjectConstraint>? Exclude = null,
    [property: JsonPropertyName("background"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Background = null);

/// <summary>A group of like objects.</summary>
/// <param name="Class">What they are, for instance <c>circle</c>.</param>
/// <param name="Count">How many, 1 or more.</param>
/// <param name="Color">Their colour, or null when any will do.</param>
/// <param name="Region">Where they are: <c>above</c>, <c>below</c>, <c>left</c>, <c>right</c>, as seen from the other groups; or null.</param>
/// <param name="Size"><c>larger</c> or <c>smaller</c> than the other group, <c>large</c> or <c>small</c> by itself; or null.</param>
/// <param name="Cells">The cells of a 3 x 3 grid that they fill, as many as there are objects and in any order, for instance <c>top-left</c>; or null.</param>
/// <param name="Rows">The row that all of them are in: <c>top</c>, <c>middle</c>, <c>bottom</c>; or null.</param>
/// <param name="Columns">The column that all of them are in: <c>left</c>, <c>center</c>, <c>right</c>; or null.</param>
public sealed record ObjectConstraint(
    [property: JsonPropertyName("class")] string Class,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("color"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Color = null,
    [property: JsonPropertyName("region"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Region = null,
    [property: JsonPropertyName("size"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Size = null,
    [property: JsonPropertyName("cells"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Cells = null,
    [property: JsonPropertyName("rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Rows = null,
    [property: JsonPropertyName("columns"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Columns = null);
