using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Reads an image server's answer before OpenAI's package does: reports errors in the server's words, finds images under the member names that servers use,
/// also as data URLs or with a prefix, and drops everything else.
/// </summary>
internal sealed class ImageAnswerHandler(string backend, TimeProvider time) : DelegatingHandler
{
    private const int LongestExcerpt = 300;

    private static readonly string[] Lists = ["data", "images", "output"];
    private static readonly string[] Names = ["b64_json", "b64", "base64", "image_base64", "image", "url", "image_url"];
    private static readonly string[] Counts = ["input_tokens", "output_tokens", "total_tokens"];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            response.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(Read(body, request, response)))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            };
            return response;
        }
        catch (JsonException broken)
        {
            response.Dispose();
            throw new BackendAnswerException(
                $"{backend} sent an answer that cannot be understood: {broken.Message} Does it speak OpenAI's protocol at this address?", broken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private JsonObject Read(byte[] body, HttpRequestMessage request, HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (Member(root, "error").ValueKind is JsonValueKind.Object or JsonValueKind.String)
        {
            var fault = BackendFault.Read(body);
            throw fault.ToException(
                $"{backend} answered with an error", fault.Number is >= 400 and < 600 ? fault.Number.Value : 0, request.RequestUri?.Host, response, time);
        }

        JsonObject[] images = [.. Items(root).Select(Image).OfType<JsonObject>()];
        return images.Length > 0
            ? new JsonObject { ["created"] = 0, ["data"] = new JsonArray([.. images]), ["usage"] = Usage(root) }
            : throw new BackendAnswerException(
                $"{backend} answered without an image. It says: {Excerpt(BackendFault.Read(body).Message)} Does it speak OpenAI's protocol at this address?");
    }

    private static JsonElement[] Items(JsonElement root)
    {
        foreach (var name in Lists)
        {
            switch (Member(root, name))
            {
                case { ValueKind: JsonValueKind.Array } list:
                    return [.. list.EnumerateArray()];
                case { ValueKind: JsonValueKind.Object or JsonValueKind.String } only:
                    return [only];
            }
        }

        return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [];
    }

    private static JsonObject? Image(JsonElement item) => item.ValueKind == JsonValueKind.String
        ? Image(item.GetString()!)
        : Names.Select(name => Member(item, name) is { ValueKind: JsonValueKind.Object } inner ? Member(inner, "url") : Member(item, name))
            .Where(value => value.ValueKind == JsonValueKind.String)
            .Select(value => Image(value.GetString()!))
            .FirstOrDefault(image => image is not null);

    // An address, or base64; data:image/png;base64,... stands in either field.
    private static JsonObject? Image(string text)
    {
        var isData = text.StartsWith("data:", StringComparison.OrdinalIgnoreCase);
        if (!isData && Uri.TryCreate(text, UriKind.Absolute, out var address) && text.Contains("://", StringComparison.Ordinal))
        {
            return new() { ["url"] = address.AbsoluteUri };
        }

        var base64 = string.Concat((isData ? text[(text.IndexOf(',', StringComparison.Ordinal) + 1)..] : text).Where(c => !char.IsWhiteSpace(c)));
        return base64.Length > 0 && Base64.IsValid(base64) ? new() { ["b64_json"] = base64 } : null;
    }

    private static JsonObject? Usage(JsonElement root)
    {
        var counts = Counts.Select(name => (Name: name, Value: Member(Member(root, "usage"), name))).ToList();
        if (!counts.TrueForAll(count => count.Value.ValueKind == JsonValueKind.Number && count.Value.TryGetInt32(out _)))
        {
            return null;
        }

        var usage = new JsonObject { ["input_tokens_details"] = new JsonObject { ["text_tokens"] = 0, ["image_tokens"] = 0 } };
        foreach (var (name, value) in counts)
        {
            usage[name] = value.GetInt32();
        }

        return usage;
    }

    private static string Excerpt(string text) => text.Length <= LongestExcerpt ? text : $"{text.AsSpan(0, LongestExcerpt)}...";

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
}
