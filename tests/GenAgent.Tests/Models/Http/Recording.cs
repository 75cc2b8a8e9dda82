using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.TestKit.Golden;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Models.Http;

/// <summary>Recorded exchanges, found by scanning the golden root: whatever lies there in this layout is tested.</summary>
internal static class Recording
{
    private const string Kind = "http";

    /// <summary>True where the cases of the repository itself are read, of which a number is known to be there.</summary>
    public static bool IsDefault => GoldenRoot.IsDefault;

    // "http", and folders beside it whose names begin alike.
    private static IEnumerable<string> Roots => Directory.EnumerateDirectories(GoldenRoot.Path, $"{Kind}*").Order(StringComparer.Ordinal);

    /// <summary>All recordings in the folder of a server and in those beside it whose names begin alike, however deep.</summary>
    public static IEnumerable<string> Files(string folder, string pattern = "*.jsonl") => Roots
        .SelectMany(root => Directory.EnumerateDirectories(root, $"{folder}*"))
        .SelectMany(path => Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal);

    /// <summary>A recording's name in the tests' names: its path below the golden root.</summary>
    public static string NameOf(string file) => Path.GetRelativePath(GoldenRoot.Path, file).Replace('\\', '/');

    /// <summary>The lines of one recording.</summary>
    public static IEnumerable<JsonObject> Read(string file) =>
        File.ReadLines(file).Where(line => !string.IsNullOrWhiteSpace(line)).Select(line => JsonNode.Parse(line)).OfType<JsonObject>();

    /// <summary>The lines of all recordings of that name, wherever they lie.</summary>
    public static IEnumerable<JsonObject> Lines(string name) =>
        Roots.SelectMany(root => Directory.EnumerateFiles(root, name, SearchOption.AllDirectories)).Order(StringComparer.Ordinal).SelectMany(Read);

    /// <summary>All request and answer pairs of a folder's files.</summary>
    public static IEnumerable<Exchange> Exchanges(string folder) =>
        Files(folder).SelectMany(file => Read(file).Select((line, row) => Exchange.Find(line, $"{NameOf(file)} row {row}")).OfType<Exchange>());

    /// <summary>All request and answer pairs of the files of that name.</summary>
    public static IEnumerable<Exchange> Named(string name, string prefix) =>
        Lines(name).Select((line, row) => Exchange.Find(line, $"{prefix} row {row}")).OfType<Exchange>();
}

internal sealed record Exchange(
    string Name, string Method, string Path, byte[] RequestBody, int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public string BodyText => Encoding.UTF8.GetString(Body);

    /// <summary>The exchange of a line, or null where request or answer is not recorded in full.</summary>
    public static Exchange? Find(JsonObject line, string name) =>
        line["request"] is JsonObject request && (line["response"] ?? line["made_up_response"]) is JsonObject response
            && request["method"] is JsonValue method && request["path"] is JsonValue path && response["status"] is JsonValue status
            ? new(
                $"{name} {line["note"]}",
                method.GetValue<string>(),
                path.GetValue<string>(),
                ReadBody(request),
                status.GetValue<int>(),
                ReadHeaders(response),
                ReadBody(response))
            : null;

    public static byte[] ReadBody(JsonObject message) => message["body"]?.GetValue<string>() switch
    {
        null => [],
        var text when message["body_encoding"]?.GetValue<string>() == "base64" => Convert.FromBase64String(text),
        var text => Encoding.UTF8.GetBytes(text),
    };

    public static IReadOnlyList<(string Name, string Value)> ReadHeaders(JsonObject message) =>
        [.. (message["headers"] as JsonArray ?? []).Select(pair => (pair![0]!.GetValue<string>(), pair[1]!.GetValue<string>()))];

    /// <summary>The request's body as JSON, or null where it is none.</summary>
    public JsonObject? RequestJson()
    {
        try
        {
            return JsonNode.Parse(RequestBody) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Answers as recorded.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        foreach (var (name, value) in Headers)
        {
            if (name.ToLowerInvariant() is not ("content-length" or "transfer-encoding" or "connection" or "keep-alive" or "date" or "server"))
            {
                context.Response.Headers.Append(name, value);
            }
        }

        await context.Response.Body.WriteAsync(Body);
    }
}
