using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace GenAgent.Models;

/// <summary>
/// The name of a model or an image backend, the same in flags, configuration and recipes:
/// <c>scheme[:model][@endpoint][?name=value&amp;...]</c>, or a path. Immutable; two of the same text are equal.
/// </summary>
/// <remarks>
/// Examples: <c>micro</c>, <c>hf:Qwen/Qwen2.5-VL-7B-Instruct</c>, <c>./folder</c>, <c>openai:gpt-5</c>,
/// <c>openai:Qwen2.5-VL-7B@http://host:8000/v1</c>, <c>vllm:Qwen2.5-VL-7B@http://a:8000,http://b:8000</c>,
/// <c>comfyui:http://host:8188?workflow=flux.json</c>.
/// It cannot contain a secret: a user name or password in the endpoint is rejected.
/// </remarks>
public sealed partial class BackendUri : IEquatable<BackendUri>
{
    /// <summary>The scheme of a URI that is a path, such as <c>./folder</c>.</summary>
    public const string FolderScheme = "folder";

    private readonly string _text;

    private BackendUri(string text, string scheme, string? model, IReadOnlyList<Uri> endpoints, IReadOnlyDictionary<string, string> parameters)
    {
        _text = text;
        Scheme = scheme;
        Model = model;
        Endpoints = endpoints;
        Parameters = parameters;
    }

    /// <summary>Which kind of backend: <c>openai</c>, <c>comfyui</c>, and so on; lower case.</summary>
    public string Scheme { get; }

    /// <summary>The model's name, or the path of a <c>folder</c>; null if there is none.</summary>
    public string? Model { get; }

    /// <summary>The server's base address, http or https, without query; null if there is none. The first of several.</summary>
    public Uri? Endpoint => Endpoints.Count > 0 ? Endpoints[0] : null;

    /// <summary>The base addresses of all servers: several where replicas are named, separated by commas.</summary>
    public IReadOnlyList<Uri> Endpoints { get; }

    /// <summary>The parameters after <c>?</c>, unescaped; names are case-insensitive.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>Reads a name.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The parts of the URI.</returns>
    /// <exception cref="BackendUriException">The text is not a valid backend URI; the message says why.</exception>
    public static BackendUri Parse(string text) =>
        TryParse(text, out var uri, out var error) ? uri : throw new BackendUriException(error);

    /// <summary>Reads a name without throwing.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="uri">The name, when it could be read.</param>
    /// <param name="error">What is wrong with it, when it could not.</param>
    /// <returns>False if the text is no URI of a backend.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out BackendUri? uri, [NotNullWhen(false)] out string? error)
    {
        uri = null;
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            error = "A backend's name is empty.";
            return false;
        }

        var question = text.IndexOf('?', StringComparison.Ordinal);
        var head = question < 0 ? text : text[..question];
        if (!TryReadParameters(question < 0 ? string.Empty : text[(question + 1)..], text, out var parameters, out error))
        {
            return false;
        }

        if (IsPath(head))
        {
            uri = new BackendUri(text, FolderScheme, head, endpoints: [], parameters);
            return true;
        }

        var colon = head.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 0 ? head : head[..colon];
        if (!IsScheme(scheme))
        {
            error = $"\"{text}\" is not a backend's name: it starts neither with a scheme, as in \"openai:gpt-5\", nor with \"./\" or \"/\" for a folder.";
            return false;
        }

        var rest = colon < 0 ? string.Empty : head[(colon + 1)..];
        if (colon >= 0 && rest.Length == 0)
        {
            error = $"\"{text}\" ends after its scheme: nothing is named after \"{scheme}:\".";
            return false;
        }

        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            error = $"\"{text}\" is an address without a scheme that says what answers there. "
                + $"Write for instance \"openai:MODEL@{text}\" or \"comfyui:{text}\".";
            return false;
        }

        var at = EndpointStart(rest);
        if (at < 0 && BareAddress().Match(rest) is { Success: true } bare)
        {
            // With another "@" before it, it may hold a password, which is not repeated.
            var name = rest[..bare.Index];
            error = name.LastIndexOf('@') > 0 ? $"An address after \"{scheme}:MODEL@\" starts with http:// or https://, and holds no user name or password."
                : $"\"{text}\": an address starts with http:// or https://, as in \"{scheme}:{name}@http://{bare.Groups["address"].Value}\".";
            return false;
        }

        var endpoints = new List<Uri>();
        foreach (var address in at < 0 ? [] : Split(rest[at..]))
        {
            if (!TryReadEndpoint(address, text, out var endpoint, out error)) return false;
            endpoints.Add(endpoint);
        }

        var model = at < 0 ? rest : rest[..Math.Max(0, at - 1)];
        uri = new BackendUri(text, scheme.ToLowerInvariant(), model.Length == 0 ? null : model, endpoints, parameters);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(BackendUri? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BackendUri);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The text that was read.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text;

    // Where "http://" or "https://" begins: at the start, or after an '@' that ends the model's name.
    private static int EndpointStart(string rest)
    {
        if (rest.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        var at = Math.Max(
            rest.IndexOf("@http://", StringComparison.OrdinalIgnoreCase),
            rest.IndexOf("@https://", StringComparison.OrdinalIgnoreCase));
        return at < 0 ? -1 : at + 1;
    }

    // A comma separates addresses only where another one follows it: a path may hold one.
    private static string[] Split(string addresses) => AddressEnd().Split(addresses);

    [GeneratedRegex(",(?=https?://)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: Timeout.Infinite)]
    private static partial Regex AddressEnd();

    // An address without its scheme would be taken for a part of the model's name, and another server called. A version ("name@20240620") or a digest is none.
    [GeneratedRegex(
        @"@(https?:?/+)?(?<address>(localhost|[0-9]{1,3}(\.[0-9]{1,3}){3}|[a-z0-9.-]+:[0-9]{1,5})(/.*)?|[a-z0-9-]+(\.[a-z0-9-]+)+/.*)$",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex BareAddress();

    private static bool TryReadEndpoint(
        string address, string text, [NotNullWhen(true)] out Uri? endpoint, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (!Uri.TryCreate(address, UriKind.Absolute, out endpoint) || endpoint.Host.Length == 0)
        {
            error = $"\"{text}\": \"{address}\" is no http address.";
        }
        else if (endpoint.UserInfo.Length > 0)
        {
            // The text contains the secret, so it is not repeated.
            error = $"The address of the {endpoint.Host} backend holds a user name or a password. Leave it out, and set \"Secrets:{endpoint.Host}\" in the "
                + "configuration (or name a secret with \"?key=NAME\").";
        }
        else if (endpoint.Fragment.Length > 0)
        {
            error = $"\"{text}\": an address with \"#\" cannot be called.";
        }

        if (error is not null) endpoint = null;
        return error is null;
    }

    private static bool TryReadParameters(
        string query, string text, out IReadOnlyDictionary<string, string> parameters, [NotNullWhen(false)] out string? error)
    {
        error = null;
        var read = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? pair : pair[..equals];
            if (equals < 1 || !read.TryAdd(Uri.UnescapeDataString(name), Uri.UnescapeDataString(pair[(equals + 1)..])))
            {
                error = equals < 1
                    ? $"\"{text}\": parameter \"{pair}\" has no name and value, as in \"name=value\"."
                    : $"\"{text}\": parameter \"{name}\" is given twice.";
                break;
            }
        }

        parameters = read.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        return error is null;
    }

    private static bool IsPath(string head) =>
        head is "." or ".." or "~"
        || head.StartsWith('/') || head.StartsWith('\\')
        || head.StartsWith("./", StringComparison.Ordinal) || head.StartsWith("../", StringComparison.Ordinal)
        || head.StartsWith("~/", StringComparison.Ordinal)
        || head.StartsWith(".\\", StringComparison.Ordinal) || head.StartsWith("..\\", StringComparison.Ordinal)
        || (head.Length > 2 && char.IsAsciiLetter(head[0]) && head[1] == ':' && head[2] is '\\' or '/' && !head.AsSpan(2).StartsWith("//"));

    // At least two characters, so that the drive of "C:\models" is never mistaken for a scheme.
    private static bool IsScheme(string text) =>
        text.Length > 1 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.');
}
