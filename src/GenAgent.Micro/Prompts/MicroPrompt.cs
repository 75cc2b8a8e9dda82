using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Judging;

namespace GenAgent.Micro.Prompts;

/// <summary>A prompt with its meaning, one line of a benchmark file: GenEval++'s fields, a name, and the facts that it rests on. Immutable.</summary>
/// <param name="Id">Its name, as <c>test/counting/007</c>.</param>
/// <param name="Tag">Its category: one of GenEval++'s seven, or <c>knowledge_</c> and a domain.</param>
/// <param name="Prompt">What a user would write.</param>
/// <param name="Include">What must be there.</param>
/// <param name="Exclude">What must not.</param>
/// <param name="Facts">The names of the required facts; null for the seven categories.</param>
/// <param name="Background">The background; null for any.</param>
public sealed record MicroPrompt(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("tag")] string Tag,
    [property: JsonPropertyName("prompt")] string Prompt,
    [property: JsonPropertyName("include")] IReadOnlyList<ObjectConstraint> Include,
    [property: JsonPropertyName("exclude"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ObjectConstraint>? Exclude = null,
    [property: JsonPropertyName("facts"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Facts = null,
    [property: JsonPropertyName("background"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Background = null)
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The prompt's meaning.</summary>
    [JsonIgnore]
    public PromptConstraints Constraints => new(Include, Exclude, Background);

    /// <summary>The prompt as one line of JSON.</summary>
    /// <returns>The line, without its end.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads one line of a benchmark file.</summary>
    /// <param name="line">A line of JSON.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="JsonException">The line is no such prompt.</exception>
    public static MicroPrompt FromJson(string line) =>
        JsonSerializer.Deserialize<MicroPrompt>(line, Options) ?? throw new JsonException("The line holds null instead of a prompt.");
}
