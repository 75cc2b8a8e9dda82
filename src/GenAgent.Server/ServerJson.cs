using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Server;

/// <summary>JSON of the server's own API: camel case, enumerations as lower-case words, times by ISO 8601.</summary>
internal static class ServerJson
{
    public static JsonSerializerOptions Options { get; } = Configure(new(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.MaxDepth = 32;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        return options;
    }
}
