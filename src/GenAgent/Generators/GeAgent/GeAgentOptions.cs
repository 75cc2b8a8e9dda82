using GenAgent.Models.Http;

namespace GenAgent.Generators.GeAgent;

/// <summary>The paper authors' image servers.</summary>
public sealed record GeAgentOptions
{
    /// <summary>The base address of the server that makes images, such as <c>http://host:8999</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The base address of the server that edits images, such as <c>http://host:8998</c>; null if there is none.</summary>
    public Uri? EditEndpoint { get; init; }

    /// <summary>Time limits, retries and sizes.</summary>
    public BackendHttpOptions Http { get; init; } = new();

    /// <summary>The addresses.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => EditEndpoint is null ? $"geagent at {Endpoint}" : $"geagent at {Endpoint} and {EditEndpoint}";
}
