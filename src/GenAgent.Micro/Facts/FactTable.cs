using System.Collections.Frozen;
using System.Text.Json;

namespace GenAgent.Micro.Facts;

/// <summary>The facts that knowledge prompts are made of.</summary>
public static class FactTable
{
    private static readonly FrozenDictionary<string, Fact> ById;

    static FactTable()
    {
        using var stream = typeof(FactTable).Assembly.GetManifestResourceStream("facts.json")
            ?? throw new InvalidDataException("The assembly lacks its resource facts.json.");
        All = JsonSerializer.Deserialize<Fact[]>(stream, JsonSerializerOptions.Web) ?? [];
        ById = All.ToFrozenDictionary(f => f.Id, StringComparer.Ordinal);
    }

    /// <summary>All facts, by domain and kind.</summary>
    public static IReadOnlyList<Fact> All { get; }

    /// <summary>The fact of this name.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The fact.</returns>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static Fact Get(string id) => ById.TryGetValue(id, out var fact) ? fact : throw new KeyNotFoundException($"No fact is named \"{id}\".");

    /// <summary>The facts of one domain that give one kind of value.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="kind">What kind of value they give.</param>
    /// <returns>The facts, in the table's order.</returns>
    public static IReadOnlyList<Fact> Of(KnowledgeDomain domain, FactKind kind) => [.. All.Where(f => f.Domain == domain && f.Kind == kind)];
}
