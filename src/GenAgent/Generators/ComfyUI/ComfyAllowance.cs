using GenAgent.Models.Http;

namespace GenAgent.Generators.ComfyUI;

/// <summary>How much is kept of what a server sends for one request, over all the jobs that it speaks of. For one thread at a time.</summary>
internal sealed class ComfyAllowance(BackendHttpOptions options)
{
    /// <summary>The most images of one job.</summary>
    public const int MaxImages = 256;

    /// <summary>The most jobs that are told apart: one request's own, and those of others on the same socket.</summary>
    public const int MaxJobs = 256;

    /// <summary>The most bytes of a preview that is shown.</summary>
    public const int MaxPreviewBytes = 2 << 20;

    /// <summary>How many nodes may run for each node of the workflow: some nodes unfold into others.</summary>
    public const int NodesARun = 100;

    private long _bytes;

    /// <summary>Takes in an image; says what is exceeded by it, or null.</summary>
    public string? Exceeds(int images, int bytes)
    {
        _bytes += bytes;
        return images > MaxImages ? $"more than {MaxImages} images for one job (ComfyAllowance.MaxImages)"
            : _bytes > options.MaxResponseBytes ? $"images of more than {options.MaxResponseBytes} bytes (Http:MaxResponseBytes)"
            : null;
    }
}
