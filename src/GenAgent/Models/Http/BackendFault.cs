using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.Storage;

namespace GenAgent.Models.Http;

/// <summary>
/// The content of an error answer of any shape: OpenAI's object, llama.cpp's with a number for a code, Google's list of one, sd-server's text,
/// FastAPI's list of wrong fields, A1111's class and text, a provider's own words inside, plain text, a web page, nothing.
/// </summary>
internal sealed partial record BackendFault(string Message)
{
    /// <summary>The code of an exhausted quota.</summary>
    public const string Quota = "insufficient_quota";

    private const int MaxMessage = 2000;
    private const int MaxExcerpt = 300;

    // Names of content filters, in lower case without punctuation.
    private static readonly string[] Filters =
        ["moderationblocked", "contentpolicyviolation", "contentfilter", "contentfiltered", "responsibleaipolicyviolation", "safety", "safetyviolation",
            "imagesafety", "prohibitedcontent"];

    // Members that hold an error's words, beside "error".
    private static readonly string[] Words = ["message", "detail", "errors", "msg", "error_msg", "error_message", "error_description"];

    // The same of services with conventions of their own, in any spelling.
    private static readonly string[] OtherErrors = ["error", "fault", "exception", "faultstring", "err"];
    private static readonly string[] OwnWords = ["reason", "message"];
    private static readonly string[] OtherWords = [.. Words, "text", "reason", "faultstring", "description", "title"];

    public string? Code { get; init; }

    /// <summary>The code if it is a number, used as status; otherwise null.</summary>
    public int? Number { get; init; }

    /// <summary>The code of the error behind this one.</summary>
    public string? InnerCode { get; init; }

    public string? Type { get; init; }

    /// <summary>The message, or the beginning of a long one: what is quoted of an answer that is none.</summary>
    public string Excerpt => Shorten(Message, MaxExcerpt);

    /// <summary>Whether a status 500 is really the caller's error, so that the same request would fail again.</summary>
    public bool IsCallersMistake { get; init; }

    /// <summary>The quota is exhausted: a short wait does not help.</summary>
    public bool IsQuota => Is(Quota);

    public bool IsRefusal =>
        new[] { Code, Type, InnerCode }.OfType<string>()
            .Any(code => Filters.Contains(string.Concat(code.Where(char.IsLetter)).ToLowerInvariant(), StringComparer.Ordinal))
        || Says("content management policy") || Says("our safety system") || Says("content policy");

    public bool IsTooLong =>
        Is("context_length_exceeded") || Is("exceed_context_size_error")
        || Says("maximum context length") || Says("exceeds the available context size") || Says("longer than the model's context length")
        || Says("longer than the maximum model length");

    public static BackendFault Read(byte[] body)
    {
        if (body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..])
        {
            try
            {
                using var document = LooseJson.Parse(body);
                return FromJson(document.RootElement);
            }
            catch (Exception broken) when (broken is JsonException or InvalidOperationException)
            {
                // Incomplete JSON, or half of a character in a name, is reported as plain text.
            }
        }

        var text = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 64 * 1024))).Trim();
        return new BackendFault(
            IsPage(text)
                ? $"a web page{(Title().Match(text) is { Success: true } title ? $" titled \"{Shorten(title.Groups["title"].Value.Trim())}\"" : string.Empty)}"
                : Shorten(text));
    }

    // A comment or a declaration may stand before the page's first tag.
    public static bool IsPage(string text) => text.StartsWith('<') && text.AsSpan(0, Math.Min(text.Length, MaxMessage)) is var head
        && (head.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase) || head.Contains("<html", StringComparison.OrdinalIgnoreCase));

    private static BackendFault FromJson(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array && root.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } only)
        {
            return FromJson(only);
        }

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

        var name = error.ValueKind == JsonValueKind.String ? JsonText.StringOf(error) : null;
        if (name is not null && Inside(name) is { } within) return within;
        var texts = Words.Select(field => Text(root, field)).Append(Status(root)).Where(text => !string.IsNullOrEmpty(text));
        var message = string.Join(": ", new[] { name }.Concat(texts).Where(text => text is not null));
        if (message.Length == 0 && Nested(root) is { } nested) return nested;
        return new BackendFault(Shorten(message.Length > 0 ? message : root.GetRawText()))
        {
            Type = name?.Contains(' ', StringComparison.Ordinal) == false ? name : null,

            // sd-server's message for a field of the wrong type or invalid JSON.
            IsCallersMistake = string.Equals(name, "server_error", StringComparison.Ordinal) && message.Contains("[json.exception.", StringComparison.Ordinal),
        };
    }

    private static BackendFault FromObject(JsonElement error)
    {
        var hasNumber = error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number;
        var type = Text(error, "type") ?? Text(error, "status");
        var inner = Inner(error);

        // A gateway's message says little; the provider's own message is nested below.
        var raw = error.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? Text(metadata, "raw") : null;
        if (Text(error, "message") is { } json && Inside(json) is { } within) return within with { Type = within.Type ?? type };
        var message = Text(error, "message") is { Length: > 0 } said ? said : Text(error, "msg") ?? Text(error, "detail") ?? error.GetRawText();
        if (Text(error, "param") is { Length: > 0 } field && !message.Contains(field, StringComparison.Ordinal)) message = $"{message} ({field})";
        return new BackendFault(Shorten(raw is null ? message : $"{message}: {raw}"))
        {
            Code = hasNumber ? null : Text(error, "code"),
            Number = hasNumber && code.TryGetInt32(out var number)
                ? number
                : int.TryParse(Text(error, "code"), NumberStyles.None, CultureInfo.InvariantCulture, out var written) ? written : null,
            Type = type,
            InnerCode = inner.ValueKind == JsonValueKind.Object ? Text(inner, "code") : null,

            // llama.cpp uses numeric codes, and "server_error" for requests that it cannot parse or does not support.
            IsCallersMistake = hasNumber && string.Equals(type, "server_error", StringComparison.Ordinal),
        };
    }

    /// <summary>Converts the fault to the matching exception.</summary>
    /// <param name="where">The backend, as the beginning of a sentence.</param>
    /// <param name="status">The HTTP status; 0 for an error inside a successful answer.</param>
    /// <param name="host">The host that a key would be for; null where none is sent.</param>
    /// <param name="response">The answer, which may contain a waiting time; may be null.</param>
    /// <param name="time">The clock.</param>
    public BackendException ToException(string where, int status, string? host, HttpResponseMessage? response, TimeProvider time)
    {
        var code = Code ?? Type;
        int? known = status == 0 ? null : status;
        var said = Message.Length > 0 ? Message : $"status {status}, without a message";
        return status switch
        {
            401 or 403 when host is null => new BackendAnswerException($"{where} refused access: {said}. It may have expired.") { Status = known, Code = code },
            401 or 403 => new BackendAuthenticationException(
                $"{where} refused the key: {said}. Set the secret for this address (Secrets:{host}), or name one with \"?key=NAME\".")
                {
                    Status = known,
                    Code = code
                },
            _ when IsRefusal => new PromptRefusedException($"{where} refused the content: {said}") { Status = known, Code = code },
            _ when IsTooLong => new ContextLengthException($"{where} cannot hold the conversation: {said}") { Status = known, Code = code },
            429 =>
                new RateLimitException($"{where} asks for fewer calls: {said}") { Status = known, Code = code, RetryAfter = RetryAfter.Read(response, time) },
            >= 300 and < 400 => new BackendRejectedException(response?.Headers.Location is { } place
                ? $"{where} has moved to {place}: name that address." : $"{where} has moved (status {status}), and names no other address.") { Status = known },
            0 when Number is null => new BackendUnavailableException($"{where}: {said}") { Code = code },
            0 or 408 => new BackendUnavailableException($"{where} failed: {said}") { Status = known, Code = code },
            >= 500 and not 501 when !IsCallersMistake => new BackendUnavailableException($"{where} failed: {said}") { Status = known, Code = code },
            _ => new BackendRejectedException($"{where} rejected the request: {said}") { Status = known, Code = code },
        };
    }

    /// <summary>The words of a status object beside the answer (<c>base_resp</c> with a <c>status_code</c> other than 0); null for success or none.</summary>
    public static string? Status(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("base_resp", out var status) && status.ValueKind == JsonValueKind.Object
            && status.TryGetProperty("status_code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt64(out var number) && number != 0
            ? Text(status, "status_msg") ?? status.GetRawText()
            : null;

    /// <summary>
    /// An error under other names than OpenAI's, such as <c>Error</c>, <c>fault</c>, <c>Response.Error</c> or a <c>reason</c>; null where there is none.
    /// </summary>
    public static BackendFault? Nested(JsonElement root, int depth = 0)
    {
        if (root.ValueKind != JsonValueKind.Object || depth == 3) return null;
        foreach (var member in root.EnumerateObject().Where(member => Like(OtherErrors, member.Name) || (depth == 0 && Like(OwnWords, member.Name))))
        {
            if (member.Value.ValueKind == JsonValueKind.String && JsonText.StringOf(member.Value) is { Length: > 0 } words) return new(Shorten(words));
            if (Said(member.Value) is { } said) return said;
        }

        return root.EnumerateObject().Select(member => Nested(member.Value, depth + 1)).FirstOrDefault(found => found is not null);
    }

    // Words and code of an error object, whatever the spelling of their names.
    private static BackendFault? Said(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object) return null;
        string? Find(string[] names) => names
            .SelectMany(name => error.EnumerateObject().Where(member => name.Equals(member.Name, StringComparison.OrdinalIgnoreCase)))
            .Where(member => member.Value.ValueKind == JsonValueKind.String)
            .Select(member => JsonText.StringOf(member.Value)).FirstOrDefault(text => text.Length > 0);
        return Find(OtherWords) is { } words ? new(Shorten(words)) { Code = Find(["code", "errorcode", "error_code"]) } : null;
    }

    // An error that a gateway passes on as text.
    private static BackendFault? Inside(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{', ..]) return null;
        try
        {
            using var document = LooseJson.Parse(text);
            return FromJson(document.RootElement);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Like(string[] names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static JsonElement Inner(JsonElement error) =>
        error.TryGetProperty("inner_error", out var inner) || error.TryGetProperty("innererror", out inner) || error.TryGetProperty("innerError", out inner)
            ? inner
            : default;

    private bool Says(string words) => Message.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string? Text(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) ? null : value.ValueKind switch
        {
            JsonValueKind.String => JsonText.StringOf(value),
            JsonValueKind.Null => null,
            JsonValueKind.Array => string.Join("; ", value.EnumerateArray().Select(WrongField)),
            JsonValueKind.Object => (Said(value) ?? Nested(value) ?? FromJson(value)).Message,
            _ => value.GetRawText(),
        };

    // FastAPI: {"loc":["body","prompt"],"msg":"field required","type":"..."}
    private static string WrongField(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("loc", out var place) && place.ValueKind == JsonValueKind.Array
            ? $"{string.Join('.', place.EnumerateArray())}: {Text(item, "msg")}"
            : Said(item)?.Message ?? item.ToString();

    // The middle goes: a traceback has its reason at the end.
    private static string Shorten(string text, int most = MaxMessage) =>
        text.Length <= most ? text : $"{text.AsSpan(0, most * 2 / 3)} ... {text.AsSpan(text.Length - (most / 3))}";

    private bool Is(string name) => string.Equals(Code, name, StringComparison.Ordinal) || string.Equals(Type, name, StringComparison.Ordinal);

    [GeneratedRegex("<title>(?<title>[^<]*)</title>", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Title();
}
