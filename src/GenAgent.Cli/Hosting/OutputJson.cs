using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Cli.Hosting;

/// <summary>How <c>--json</c> output is written: one object a line, snake_case names, its schema named first. The schemas lie in docs/schemas.</summary>
internal static class OutputJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Option<bool> Flag() => new("--json") { Description = "Writes JSON, one object a line, for programs to read." };
}
