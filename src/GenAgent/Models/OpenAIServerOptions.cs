using GenAgent.Models.Http;

namespace GenAgent.Models;

/// <summary>A server that speaks OpenAI's protocol, and a model of it: OpenAI itself, vLLM, SGLang, llama.cpp, Ollama, sd-server.</summary>
/// <param name="Model">The model's name, as the server knows it.</param>
public sealed record OpenAIServerOptions(string Model)
{
    /// <summary>Where OpenAI itself answers.</summary>
    public static readonly Uri OpenAIEndpoint = new("https://api.openai.com/v1");

    /// <summary>The base address, with the path that comes before <c>/chat/completions</c>.</summary>
    public Uri Endpoint { get; init; } = OpenAIEndpoint;

    /// <summary>The key, or null for a server without one. Never logged.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Time limits, retries and sizes.</summary>
    public BackendHttpOptions Http { get; init; } = new();

    /// <summary>
    /// Optional fields of a request that are never sent, by their wire name, such as <c>seed</c>. A field that the server rejects by name is omitted
    /// from then on anyway.
    /// </summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Whether this is OpenAI's own service, whose newest models reject fields that other servers need.</summary>
    internal bool IsOpenAI => string.Equals(Endpoint.Host, OpenAIEndpoint.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>The model and the address, without the key.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Model} at {Endpoint}";
}
