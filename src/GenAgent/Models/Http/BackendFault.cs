using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GenAgent.Models.Http;

/// <summary>
/// What an error answer says, whatever its shape: OpenAI's object, llama.cpp's with a number for a code, sd-server's text,
/// FastAPI's list of wrong fields, A1111's class and text, plain text, a web page, nothing.
/// </summary>
internal sealed partial record BackendFault(string Message)
{
    private const int MaxMessage = 2000;

    public string? Code { get; init; }

    public string? Type { get; init; }

    /// <summary>A status 500 for what is the caller's mistake: the same request fails again.</summary>
    public bool IsCallersMistake { get; init; }

    /// <summary>The account is used up: waiting a second does not help.</summary>
    public bool IsQuota => Is("insufficient_quota");

    public bool IsRefusal => Is("moderation_blocked") || Is("content_policy_violation") || Is("content_filter") || Is("ResponsibleAIPolicyViolation");

    public bool IsTooLong =>
        Is("context_length_exceeded") || Is("exceed_context_size_error")
        || Message.Contains("maximum context length", StringComparison.OrdinalIgnoreCase)
        || Message.Contains("exceeds the available context size", StringComparison.OrdinalIgnoreCase)
        || Message.Contains("longer than the model's context length", StringComparison.OrdinalIgnoreCase);

    public static BackendFault Read(byte[] body)
    {
        if (body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..])
        {
            try
            {
                using var document = JsonDocument.Parse(body);
                return FromJson(document.RootElement);
            }
            catch (JsonException)
            {
                // Half a JSON is told as the text that it is.
            }
        }

        var text = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 64 * 1024))).Trim();
        return new BackendFault(IsPage(text) ? $"a web page{(Title().Match(text) is { Success: true } title ? $" titled \"{Shorten(title.Groups["title"].Value.Trim())}\"" : string.Empty)}" : Shorten(text));
    }

    public static bool IsPage(string text) =>
        text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);

    private static BackendFault FromJson(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new BackendFault(Shorten(root.GetRawText()));
        }

        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            return FromObject(error);
        }

        if (error.ValueKind != JsonValueKind.String && root.TryGetProperty("message", out _))
        {
            return FromObject(root);
        }

        var name = error.ValueKind == JsonValueKind.String ? error.GetString()! : null;
        var texts = new[] { Text(root, "message"), Text(root, "detail"), Text(root, "errors") }.Where(text => !string.IsNullOrEmpty(text));
        var message = string.Join(": ", new[] { name }.Concat(texts).Where(text => text is not null));
        return new BackendFault(Shorten(message.Length > 0 ? message : root.GetRawText()))
        {
            Type = name?.Contains(' ', StringComparison.Ordinal) == false ? name : null,

            // sd-server's own words for a field of the wrong type, or for broken JSON.
            IsCallersMistake = string.Equals(name, "server_error", StringComparison.Ordinal) && message.Contains("[json.exception.", StringComparison.Ordinal),
        };
    }

    private static BackendFault FromObject(JsonElement error)
    {
        var hasNumber = error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number;
        var type = Text(error, "type");
        return new BackendFault(Shorten(Text(error, "message") ?? error.GetRawText()))
        {
            Code = hasNumber ? null : Text(error, "code"),
            Type = type,

            // llama.cpp: numbers for codes, and "server_error" for whatever it could not parse or is not built for.
            IsCallersMistake = hasNumber && string.Equals(type, "server_error", StringComparison.Ordinal),
        };
    }

    private static string? Text(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) ? null : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Null => null,
            JsonValueKind.Array => string.Join("; ", value.EnumerateArray().Select(WrongField)),
            _ => value.GetRawText(),
        };

    // FastAPI: {"loc":["body","prompt"],"msg":"field required","type":"..."}
    private static string WrongField(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("loc", out var place) && place.ValueKind == JsonValueKind.Array
            ? $"{string.Join('.', place.EnumerateArray())}: {Text(item, "msg")}"
            : item.ToString();

    private static string Shorten(string text) => text.Length <= MaxMessage ? text : $"{text.AsSpan(0, MaxMessage)}...";

    private bool Is(string name) => string.Equals(Code, name, StringComparison.Ordinal) || string.Equals(Type, name, StringComparison.Ordinal);

    [GeneratedRegex("<title>(?<title>[^<]*)</title>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Title();
}
