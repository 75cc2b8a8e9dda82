using GenAgent.Models.Http;

namespace GenAgent.Generators.A1111;

/// <summary>A server with AUTOMATIC1111's API (stable-diffusion-webui, Forge, sd-server), and its settings.</summary>
public sealed record A1111Options
{
    /// <summary>The server's address; the API lies below it at <c>/sdapi/v1</c>.</summary>
    public Uri Endpoint { get; init; } = new("http://127.0.0.1:7860");

    /// <summary>User and password as <c>user:password</c> for HTTP Basic; null for none. Never logged.</summary>
    public string? Credentials { get; init; }

    /// <summary>The sampler's name, or null for the server's own choice.</summary>
    public string? Sampler { get; init; }

    /// <summary>The noise schedule's name, or null for the server's own choice.</summary>
    public string? Scheduler { get; init; }

    /// <summary>
    /// Whether the guidance scale is that of a distilled model such as FLUX.1-dev: Forge takes it in a field of its own,
    /// and classifier-free guidance is switched off.
    /// </summary>
    public bool DistilledGuidance { get; init; }

    /// <summary>Interval of progress requests, if progress is observed.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Time limits, retries and sizes.</summary>
    public BackendHttpOptions Http { get; init; } = new();

    /// <summary>The address, without the password.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"a1111 at {Endpoint}";
}
