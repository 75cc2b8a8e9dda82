using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Judging;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Benchmarks;

/// <summary>A request in free wording with its meaning: one line of a file of free-form requests. Immutable.</summary>
/// <param name="Id">Unique in its file.</param>
/// <param name="Tag">What kind of request, as <c>spatial</c>.</param>
/// <param name="Prompt">The words.</param>
internal sealed record FreeformPrompt(string Id, string Tag, string Prompt)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Every object of the picture; null where the request must be declined.</summary>
    public IReadOnlyList<ObjectConstraint>? Include { get; init; }

    /// <summary>What must not be there.</summary>
    public IReadOnlyList<ObjectConstraint>? Exclude { get; init; }

    /// <summary>The background; null for any.</summary>
    public string? Background { get; init; }

    /// <summary><c>decline</c> if this world cannot show the request; otherwise null.</summary>
    public string? Expect { get; init; }

    /// <summary>The meaning; null where the request must be declined.</summary>
    [JsonIgnore]
    public PromptConstraints? Constraints => Include is null ? null : new(Include, Exclude, Background);

    /// <summary>Reads a file's lines; empty ones are ignored.</summary>
    /// <exception cref="InvalidDataException">A line is no request of this schema; the message names file and line.</exception>
    public static IReadOnlyList<FreeformPrompt> Read(IEnumerable<string> lines, string file)
    {
        List<FreeformPrompt> prompts = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (var (number, line) in lines.Index().Where(l => l.Item.Trim().Length > 0))
        {
            var where = $"{file}, line {number + 1}";
            var prompt = Parse(line, where);
            if (!ids.Add(prompt.Id))
                throw new InvalidDataException($"{where}: the id \"{prompt.Id}\" stands there twice.");
            prompts.Add(prompt);
        }

        return prompts.Count > 0 ? prompts : throw new InvalidDataException($"{file} holds no requests.");
    }

    private static FreeformPrompt Parse(string line, string where)
    {
        try
        {
            var prompt = JsonSerializer.Deserialize<FreeformPrompt>(line, Json) ?? throw new JsonException("null");
            return prompt.Fault() is { } fault ? throw new InvalidDataException($"{where}: {fault}") : prompt;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where}: no free-form request ({e.Message})", e);
        }
    }

    private string? Fault() => this switch
    {
        { Expect: not (null or "decline") } => $"\"expect\" is \"{Expect}\", but must be \"decline\" or left out.",
        { Expect: "decline", Include: not null } => "a request to be declined has no \"include\".",
        { Expect: null, Include: null or { Count: 0 } } => "\"include\" is empty; name every object of the picture, or set \"expect\": \"decline\".",
        { Constraints: { } constraints } => ConstraintSet.TryParse(constraints, out _, out var error) ? null : $"the miniature world has {error}.",
        _ => null,
    };
}
