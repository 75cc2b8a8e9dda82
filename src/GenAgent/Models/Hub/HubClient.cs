using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using GenAgent.Models.Http;
using GenAgent.Storage;

namespace GenAgent.Models.Hub;

/// <summary>A client of the hub's HTTP API. Follows redirects itself, so that the token is only sent to the hub's own host.</summary>
internal sealed class HubClient(HttpMessageInvoker http, HubOptions options, TimeProvider timeProvider, GuardedConnection guard)
{
    private const int MaxRedirects = 10;
    private const int MaxDescription = 64 << 20;

    /// <summary>The commit of a revision and all files of it.</summary>
    public async Task<(string Commit, IReadOnlyList<HubFile> Files)> DescribeAsync(HubModel model, CancellationToken cancellationToken)
    {
        var address = Address($"api/models/{model.Id}/revision/{Uri.EscapeDataString(model.Revision)}?blobs=true");
        using var response = await GetAsync(address, from: 0, model.ToString(), cancellationToken);
        using var json = await ReadJsonAsync(response, model, cancellationToken);
        try
        {
            return ReadDescription(json, address);
        }
        catch (InvalidOperationException fault)
        {
            throw new HubException($"{address}: the answer holds text that is none. {fault.Message}", fault);
        }
    }

    private static (string Commit, IReadOnlyList<HubFile> Files) ReadDescription(JsonDocument json, Uri address)
    {
        var commit = Text(json.RootElement, "sha") ?? "";
        if (commit.Length < 7 || !commit.All(char.IsAsciiHexDigitLower)
            || JsonText.Member(json.RootElement, "siblings") is not { ValueKind: JsonValueKind.Array } siblings)
        {
            throw new HubException($"{address}: the answer describes no repository: it lacks \"sha\" or \"siblings\".");
        }

        return (commit, [.. siblings.EnumerateArray().Select(sibling => ReadFile(sibling, address))]);
    }

    /// <summary>Opens a file of a commit from an offset; the status is 200 if the server ignores the offset.</summary>
    public Task<HttpResponseMessage> OpenAsync(HubModel model, string commit, HubFile file, long from, CancellationToken cancellationToken)
    {
        var path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        return GetAsync(Address($"{model.Id}/resolve/{commit}/{path}"), from, $"{model.Id}: {file.Path}", cancellationToken);
    }

    private static HubFile ReadFile(JsonElement sibling, Uri address)
    {
        var path = Text(sibling, "rfilename") ?? "";
        var lfs = JsonText.Member(sibling, "lfs");
        var large = lfs.ValueKind == JsonValueKind.Object;
        var hash = large
            ? Text(lfs, "sha256") ?? Text(lfs, "oid")
            : Text(sibling, "blobId");
        var size = JsonText.Member(large ? lfs : sibling, "size");
        if (hash is null || !ContentHash.IsHash(hash) || size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var bytes) || bytes < 0)
        {
            throw new HubException($"{address}: the answer gives no hash or size for \"{path}\".");
        }

        return IsSafe(path) ? new HubFile(path, hash, bytes) : throw new HubException($"{address}: \"{path}\" would leave the cache's folder.");
    }

    private static string? Text(JsonElement element, string name) =>
        JsonText.Member(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static bool IsSafe(string path) =>
        path.Length > 0 && !path.Contains('\\', StringComparison.Ordinal) && !path.Contains(':', StringComparison.Ordinal) && !path.Any(char.IsControl)
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    private static async Task<JsonDocument> ReadJsonAsync(HttpResponseMessage response, HubModel model, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxDescription, cancellationToken);
            return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw new BrokenTransferException($"{model}: the hub's answer broke off. {fault.Message}", fault);
        }
        catch (JsonException fault)
        {
            throw new HubException($"{model}: the hub's answer is no JSON. {fault.Message}", fault);
        }
    }

    private Uri Address(string path) => new(options.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);

    private async Task<HttpResponseMessage> GetAsync(Uri address, long from, string what, CancellationToken cancellationToken)
    {
        var target = address;
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var silence = new CancellationTokenSource(options.SilenceTimeout, timeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
            var response = await SendAsync(target, from, what, cancellationToken, either.Token);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently
                or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return Check(response, what);
            }

            using (response)
            {
                var next = response.Headers.Location is { } location
                    ? new Uri(target, location)
                    : throw new HubException($"{what}: {target.Host} redirects without saying where to.");
                var downgraded = string.Equals(target.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)
                    && !string.Equals(next.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
                if (!guard.IsAllowed(next))
                {
                    throw new HubException(
                        $"{what}: {target.Host} redirects to the private address {next.Authority}, which was not followed. Only the hub itself may be one.");
                }

                target = downgraded || next.Scheme is not ("http" or "https")
                    ? throw new HubException($"{what}: {target.Host} redirects from {target.Scheme} to {next.Scheme}.")
                    : next;
            }
        }

        throw new HubException($"{what}: over {MaxRedirects} redirects.");
    }

    private async Task<HttpResponseMessage> SendAsync(Uri target, long from, string what, CancellationToken callerToken, CancellationToken sendToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("genagent", "1"));
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }

        var own = Uri.Compare(target, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        if (own && options.Token is { Length: > 0 } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        try
        {
            return await http.SendAsync(request, sendToken);
        }
        catch (HttpRequestException fault) when (fault.InnerException is ForbiddenAddressException forbidden)
        {
            throw new HubException($"{what}: {target.Host} was not called: {forbidden.Message}", fault);
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !callerToken.IsCancellationRequested))
        {
            throw new BrokenTransferException($"{what}: {target.Host} cannot be reached. {fault.Message}", fault);
        }
    }

    private HttpResponseMessage Check(HttpResponseMessage response, string what)
    {
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        using (response)
        {
            var status = (int)response.StatusCode;
            var said = response.Headers.TryGetValues("X-Error-Message", out var messages) ? $" It says: {string.Concat(messages)}" : "";
            throw status switch
            {
                401 or 403 => new HubAccessException(
                    options.Token is null
                        ? $"{what}: the hub wants to know who asks ({status}): the model is private, gated or not there.{said} Accept its terms at "
                            + $"{options.Endpoint} and set HF_TOKEN."
                        : $"{what}: the token does not open it ({status}): accept the model's terms at {options.Endpoint}, or check HF_TOKEN and the "
                            + $"name.{said}"),
                404 => new HubNotFoundException($"{what}: the hub has no such model, revision or file.{said}"),
                408 or 429 or >= 500 =>
                    new BrokenTransferException($"{what}: the hub answers {status}.{said}", innerException: null)
                    {
                        RetryAfter = RetryAfter.Read(response, timeProvider)
                    },
                _ => new HubException($"{what}: the hub answers {status}.{said}"),
            };
        }
    }
}

/// <summary>A request with retries.</summary>
internal sealed class BrokenTransferException(string message, Exception? innerException) : Exception(message, innerException)
{
    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
