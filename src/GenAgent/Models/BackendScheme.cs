namespace GenAgent.Models;

/// <summary>What may follow a backend's scheme.</summary>
public enum BackendForm
{
    /// <summary>Nothing: <c>micro</c>.</summary>
    NameOnly,

    /// <summary>A model: <c>hf:Qwen/Qwen2.5-VL-7B-Instruct</c>.</summary>
    Model,

    /// <summary>A path: <c>./folder</c>.</summary>
    Path,

    /// <summary>A server: <c>a1111:http://host:7860</c>.</summary>
    Endpoint,

    /// <summary>A model, and optionally the address of its server: <c>openai:NAME@http://host:8000/v1</c>.</summary>
    ModelAtEndpoint,
}

/// <summary>A kind of backend: the form of its URIs, and a description.</summary>
/// <param name="Name">The scheme, lower case.</param>
/// <param name="Form">What may follow it.</param>
/// <param name="Example">An example URI, for error messages and help.</param>
/// <param name="Description">What it is, in one line.</param>
public sealed record BackendScheme(string Name, BackendForm Form, string Example, string Description)
{
    /// <summary>Names of the parameters that may follow <c>?</c>.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>The default server; null if a URI must name one.</summary>
    public Uri? DefaultEndpoint { get; init; }

    /// <summary>Whether several addresses may be named, separated by commas: replicas of one model.</summary>
    public bool TakesReplicas { get; init; }

    /// <summary>The default path for an address without one, such as <c>/v1</c>; null to use the address unchanged.</summary>
    public string? BarePath { get; init; }

    /// <summary>Whether the secret is <c>user:password</c> for HTTP Basic instead of a bearer token.</summary>
    public bool UsesBasicAuthentication { get; init; }

    /// <summary>The path of a cheap GET request that checks whether the server is up, such as <c>models</c>; null if the backend is not a server.</summary>
    public string? ProbePath { get; init; }

    /// <summary>Finds the model's folder on this machine, or throws <see cref="BackendUriException"/>; null for backends without a local folder.</summary>
    public Func<BackendContext, string>? FindFolder { get; init; }

    /// <summary>Paths of single calls, which people copy along with the server's address; they are no part of it.</summary>
    internal IReadOnlyList<string> CallPaths { get; init; } = [];

    /// <summary>The servers of a URI of this scheme: several where it takes replicas, empty if the backend is not a server.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <returns>The addresses.</returns>
    public IReadOnlyList<Uri> EndpointsOf(BackendUri uri) => uri.Endpoints.Count > 1 ? uri.Endpoints : EndpointOf(uri) is { } one ? [one] : [];

    /// <summary>The first server of a URI of this scheme; null if the backend is not a server.</summary>
    /// <param name="uri">The backend's URI.</param>
    /// <returns>The address, or null.</returns>
    public Uri? EndpointOf(BackendUri uri) => uri.Endpoint is not { } named ? DefaultEndpoint
        : WithoutCall(named) is { AbsolutePath: "/" } bare && BarePath is not null ? new Uri(bare, BarePath) : WithoutCall(named);

    private Uri WithoutCall(Uri address)
    {
        var path = address.AbsolutePath.TrimEnd('/');
        return CallPaths.FirstOrDefault(call => path.EndsWith(call, StringComparison.OrdinalIgnoreCase)) is { } found
            ? new UriBuilder(address) { Path = path[..^found.Length] }.Uri : address;
    }

    /// <summary>What is wrong with a URI of this scheme; null if it is valid.</summary>
    internal string? Check(BackendUri uri)
    {
        var unknown = uri.Parameters.Keys.FirstOrDefault(name => !Parameters.Contains(name, StringComparer.OrdinalIgnoreCase));
        if (unknown is not null)
        {
            return $"\"{uri}\": parameter \"{unknown}\" is unknown. Known: {(Parameters.Count == 0 ? "none" : string.Join(", ", Parameters))}.";
        }

        var wrong = Form switch
        {
            BackendForm.NameOnly => uri.Model is not null || uri.Endpoint is not null ? "takes no model and no address" : null,
            BackendForm.Model => uri.Model is null || uri.Endpoint is not null ? "needs a model, and no address" : null,
            BackendForm.Path => uri.Model is null || uri.Endpoint is not null ? "needs a path, and no address" : null,
            BackendForm.Endpoint =>
                uri.Endpoint is null || uri.Model is not null ? "needs an address that starts with http:// or https://, and no model" : null,
            _ when uri.Model is null => "needs a model's name",
            _ => uri.Endpoint is null && DefaultEndpoint is null ? "needs \"@\" and an address after the model" : null,
        };
        if (!TakesReplicas && uri.Endpoints.Count > 1) wrong ??= "takes one address";
        return wrong is null ? null : $"\"{uri}\": scheme \"{Name}\" {wrong}, as in \"{Example}\".";
    }
}
