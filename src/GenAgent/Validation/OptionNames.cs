using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Validation;

/// <summary>How the paths of options are written in messages.</summary>
public sealed record OptionNames
{
    private OptionNames(string separator, Func<PropertyInfo, string> nameOf) => (Separator, NameOf) = (separator, nameOf);

    /// <summary>As in a configuration: <c>Agent:MaxRounds</c>.</summary>
    public static OptionNames Configuration { get; } = new(":", property => property.Name);

    /// <summary>As in a JSON file: <c>training.batchSize</c>.</summary>
    public static OptionNames Json { get; } = new(
        ".", property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    internal string Separator { get; }

    internal Func<PropertyInfo, string> NameOf { get; }

    internal string Join(string path, PropertyInfo property) => path.Length == 0 ? NameOf(property) : path + Separator + NameOf(property);
}
