using GenAgent.Models.Http;

namespace GenAgent.Generators.ComfyUI;

/// <summary>A ComfyUI server, and the workflow that it runs for each request.</summary>
public sealed record ComfyUIOptions
{
    /// <summary>The server's address.</summary>
    public Uri Endpoint { get; init; } = new("http://127.0.0.1:8188");

    /// <summary>The workflow; FLUX.1-dev by default.</summary>
    public ComfyWorkflow Workflow { get; init; } = ComfyWorkflow.Flux1Dev;

    /// <summary>The node whose images are used; null for the last saving node in execution order.</summary>
    public string? Output { get; init; }

    /// <summary>A key for a server behind a gateway, sent as a bearer token; null for none. Never logged.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// Whether several images are generated as one batch, which is faster; by default each is a separate job with its own seed, so that each can be
    /// reproduced. In a batch only the first image is reproducible by its seed.
    /// </summary>
    public bool BatchOnServer { get; init; }

    /// <summary>How long the WebSocket may be silent before the job is polled.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Polling interval without a WebSocket.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time limits, retries and sizes; <see cref="BackendHttpOptions.TotalTimeout"/> applies to a whole request, including its time in the queue.
    /// </summary>
    public BackendHttpOptions Http { get; init; } = new();

    /// <summary>The address and the workflow, without the key.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"comfyui at {Endpoint}, workflow {Workflow.Name}";
}
