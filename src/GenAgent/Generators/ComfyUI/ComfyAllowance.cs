using GenAgent.Models.Http;

namespace GenAgent.Generators.ComfyUI;

/// <summary>Limits what is kept of a server's messages for one request, over all jobs that they mention. Not thread-safe.</summary>
internal sealed class ComfyAllowance(BackendHttpOptions options)
{
    /// <summary>The most images of one job.</summary>
    public const int MaxImages = 256;

    /// <summary>Maximum number of jobs tracked: the request's own, and others on the same socket.</summary>
    public const int MaxJobs = 256;

    /// <summary>Maximum size of a preview in bytes.</summary>
    public const int MaxPreviewBytes = 2 << 20;

    /// <summary>Maximum number of executed nodes per node of the workflow: some nodes expand into others.</summary>
    public const int NodesARun = 100;

    private long _bytes;

    /// <summary>Counts an image; returns the exceeded limit, or null.</summary>
    public string? Exceeds(int images, int bytes)
    {
        _bytes += bytes;
        return images > MaxImages ? $"more than {MaxImages} images for one job (ComfyAllowance.MaxImages)"
            : _bytes > options.MaxResponseBytes ? $"images of more than {options.MaxResponseBytes} bytes (Http:MaxResponseBytes)"
            : null;
    }
}
