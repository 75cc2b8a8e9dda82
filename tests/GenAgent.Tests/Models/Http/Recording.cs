using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Models.Http;

/// <summary>Recorded exchanges, found by scanning the golden root: whatever lies there in this layout is tested.</summary>
internal static class Recording
{
    public static string Root { get; } = Path.Combine(FindRoot(), "http");

    /// <summary>True where the cases of the repository itself are read, of which a number is known to be there.</summary>
    public static bool IsDefault => Environment.GetEnvironmentVariable("GENAGENT_GOLDEN") is null or "";

    public static IEnumerable<string> Files(string folder)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.jsonl").Order(StringComparer.Ordinal) : [];
    }

    public static IEnumerable<JsonObject> Lines(string file)
    {
        var path = Path.IsPathRooted(file) ? file : Path.Combine(Root, file);
        return File.Exists(path)
            ? File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!.AsObject())
            : [];
    }

    /// <summary>All request and answer pairs of a folder's files.</summary>
    public static IEnumerable<Exchange> Exchanges(string folder) =>
        Files(folder).SelectMany(file => Lines(file).Where(line => line.ContainsKey("request"))
            .Select((line, row) => Exchange.Read(line, $"{Path.GetFileName(file)} row {row}")));

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("GENAGENT_GOLDEN") is { Length: > 0 } root)
        {
            return root;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GenAgent.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "golden");
    }
}

internal sealed record Exchange(string Name, string Method, string Path, byte[] RequestBody, int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public string BodyText => Encoding.UTF8.GetString(Body);

    public static Exchange Read(JsonObject line, string name)
    {
        var request = line["request"]!.AsObject();
        var response = (line["response"] ?? line["made_up_response"])!.AsObject();
        return new(
            $"{name} {line["note"]}",
            request["method"]!.GetValue<string>(),
            request["path"]!.GetValue<string>(),
            ReadBody(request),
            response["status"]!.GetValue<int>(),
            ReadHeaders(response),
            ReadBody(response));
    }

    public static byte[] ReadBody(JsonObject message) => message["body"]?.GetValue<string>() switch
    {
        null => [],
        var text when message["body_encoding"]?.GetValue<string>() == "base64" => Convert.FromBase64String(text),
        var text => Encoding.UTF8.GetBytes(text),
    };

    public static IReadOnlyList<(string Name, string Value)> ReadHeaders(JsonObject message) =>
        [.. message["headers"]!.AsArray().Select(pair => (pair![0]!.GetValue<string>(), pair[1]!.GetValue<string>()))];

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
