using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Storage;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Reads an image server's answer before OpenAI's package does: reports errors in the server's words, finds images under the member names that servers use,
/// also as data URLs, with a prefix or as the bytes of an image, and drops everything else. A field that the server rejects by name is omitted from then on.
/// </summary>
internal sealed class ImageAnswerHandler(string backend, RefusedFields fields, TimeProvider time) : DelegatingHandler
{
    /// <summary>The optional fields of a request.</summary>
    public static readonly IReadOnlyList<string> Optional =
        ["size", "quality", "background", "moderation", "style", "output_format", "output_compression", "response_format", "user", "seed"];

    private const int DeepestImage = 4;
    private const int LongestPath = 2000;

    private static readonly string[] Lists = ["data", "images", "output", "outputs", "result", "results"];
    private static readonly string[] Names = ["b64_json", "b64", "base64", "image_base64", "bytesBase64Encoded", "image", "url", "image_url", "uri"];
    private static readonly string[] Counts = ["input_tokens", "output_tokens", "total_tokens"];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The form of an edit is sent as it is.
        var sent = request.Content is { Headers.ContentType.MediaType: "application/json" } content
            ? JsonNode.Parse(await content.ReadAsByteArrayAsync(cancellationToken)) as JsonObject : null;
        while (true)
        {
            if (sent is not null)
            {
                foreach (var field in sent.Select(member => member.Key).Where(fields.LeavesOut).ToList()) sent.Remove(field);
                request.Content = Json(sent);
            }

            try
            {
                return await AskAsync(request, cancellationToken);
            }
            catch (BackendException refusal) when (sent is not null && fields.Learn(refusal, sent, backend))
            {
                // Repeat the request without the rejected field.
            }
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            response.Content = Json(Read(body, request, response));
            return response;
        }
        catch (JsonException broken)
        {
            var said = BackendFault.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken)).Excerpt;
            response.Dispose();
            throw new BackendAnswerException(
                $"{backend} sent an answer that cannot be understood: {broken.Message} It says: {said} Does it speak OpenAI's protocol at this address?",
                broken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static ByteArrayContent Json(JsonObject body) =>
        new(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private JsonObject Read(byte[] body, HttpRequestMessage request, HttpResponseMessage response)
    {
        if (ImageHeader.TryRead(body, out _, out _))
        {
            return Answer([new() { ["b64_json"] = Convert.ToBase64String(body) }], usage: null);
        }

        using var document = LooseJson.Parse(LastEvent(body));
        var root = document.RootElement;
        if (JsonText.Member(root, "error").ValueKind is JsonValueKind.Object or JsonValueKind.String)
        {
            var fault = BackendFault.Read(body);
            throw fault.ToException(
                $"{backend} answered with an error", fault.Number is >= 400 and < 600 ? fault.Number.Value : 0, request.RequestUri?.Host, response, time);
        }

        JsonObject[] images = [.. Images(root, request.RequestUri!, DeepestImage)];
        return images.Length > 0
            ? Answer(images, Usage(root))
            : throw new BackendAnswerException(
                $"{backend} answered without an image. It says: {BackendFault.Read(body).Excerpt.TrimEnd('.')}. "
                    + "Does it speak OpenAI's protocol at this address?");
    }

    // A stream of events, sent though none was asked for: its last piece of data has the image.
    private static ReadOnlyMemory<byte> LastEvent(byte[] body)
    {
        if (!body.AsSpan().StartsWith("event:"u8) && !body.AsSpan().StartsWith("data:"u8)) return body;
        var last = Encoding.UTF8.GetString(body).Split('\n').LastOrDefault(line => line.StartsWith("data:", StringComparison.Ordinal) && line.Contains('{'));
        return last is null ? body : Encoding.UTF8.GetBytes(last["data:".Length..].Trim());
    }

    private static JsonObject Answer(JsonObject[] images, JsonObject? usage) =>
        new() { ["created"] = 0, ["data"] = new JsonArray([.. images]), ["usage"] = usage };

    // Strings are images only in lists and members of a known name; other members are searched for such objects.
    private static IEnumerable<JsonObject> Images(JsonElement element, Uri asked, int depth) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray()
            .SelectMany(item => item.ValueKind == JsonValueKind.String ? Single(Image(JsonText.StringOf(item), asked)) : Images(item, asked, depth)),
        JsonValueKind.Object when Own(element, asked) is { } own => [own],
        JsonValueKind.Object when depth > 0 => InMembers(element, asked, depth - 1),
        _ => [],
    };

    private static JsonObject[] InMembers(JsonElement element, Uri asked, int depth)
    {
        foreach (var name in Lists)
        {
            var list = JsonText.Member(element, name);
            JsonObject[] images = [.. list.ValueKind == JsonValueKind.String ? Single(Image(JsonText.StringOf(list), asked)) : Images(list, asked, depth)];
            if (images.Length > 0) return images;
        }

        return element.EnumerateObject()
            .Where(member => member.Value.ValueKind is JsonValueKind.Object
                || (member.Value.ValueKind == JsonValueKind.Array && member.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)))
            .Select(member => Images(member.Value, asked, depth).ToArray())
            .FirstOrDefault(images => images.Length > 0) ?? [];
    }

    private static JsonObject? Own(JsonElement item, Uri asked) => Names
        .Select(name => JsonText.Member(item, name) is { ValueKind: JsonValueKind.Object } inner ? JsonText.Member(inner, "url") : JsonText.Member(item, name))
        .Where(value => value.ValueKind == JsonValueKind.String)
        .Select(value => Image(JsonText.StringOf(value), asked))
        .FirstOrDefault(image => image is not null);

    private static IEnumerable<JsonObject> Single(JsonObject? image) => image is null ? [] : [image];

    // An address, or base64; data:image/png;base64,... stands in either field.
    private static JsonObject? Image(string text, Uri asked)
    {
        if (!text.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(text, UriKind.Absolute, out var address)
            && text.Contains("://", StringComparison.Ordinal))
        {
            return new() { ["url"] = address.AbsoluteUri };
        }

        var base64 = Base64Text.Normal(text);

        // An address below the server's own may look like base64, and a JPEG in base64 begins with a slash too.
        if (text.StartsWith('/') && text.Length <= LongestPath && !(base64 is not null && ImageHeader.TryRead(Convert.FromBase64String(base64), out _, out _))
            && Uri.TryCreate(asked, text, out var below))
        {
            return new() { ["url"] = below.AbsoluteUri };
        }

        return base64 is null ? null : new() { ["b64_json"] = base64 };
    }

    private static JsonObject? Usage(JsonElement root)
    {
        var counts = Counts.Select(name => (Name: name, Value: JsonText.Member(JsonText.Member(root, "usage"), name))).ToList();
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
}
