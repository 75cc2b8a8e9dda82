using GenAgent.Models.Http;

namespace GenAgent.Generators.ComfyUI;

/// <summary>A ComfyUI server, and the workflow that it runs for each request.</summary>
public sealed record ComfyUIOptions
{
    /// <summary>The server's address.</summary>
    public Uri Endpoint { get; init; } = new("http://127.0.0.1:8188");

    /// <summary>What is run; FLUX.1-dev by default.</summary>
    public ComfyWorkflow Workflow { get; init; } = ComfyWorkflow.Flux1Dev;

    /// <summary>The node whose images are taken; null for the last that saves one, as the graph runs.</summary>
    public string? Output { get; init; }

    /// <summary>A key for a server behind a gateway, sent as a bearer token; null where none is wanted. Never logged.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// Whether several images are one job with a batch, which is faster; by default each is a job of its own with its own seed, so that each
    /// can be made again alone. In a batch only the first image is made by its seed alone.
    /// </summary>
    public bool BatchOnServer { get; init; }

    /// <summary>How long the WebSocket may be silent before the job is asked after.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the job is asked after where there is no WebSocket.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time limits, retries and sizes; <see cref="BackendHttpOptions.TotalTimeout"/> holds for a whole request, its time in the queue included.
    /// </summary>
    public BackendHttpOptions Http { get; init; } = new();

    /// <summary>The address and the workflow, without the key.</summary>
    public override string ToString() => $"comfyui at {Endpoint}, workflow {Workflow.Name}";
}
