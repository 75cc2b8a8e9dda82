namespace GenAgent.Generators.ComfyUI;

/// <summary>The state of one job: progress, images, result. Safe to use from the socket's task and the caller's at once.</summary>
internal sealed class ComfyJob(ComfyWorkflow workflow, ComfyAllowance allowance)
{
    private const double SamplerWeight = 20;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<ComfyEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ComfyImage> _images = [];
    private readonly List<ComfyPicture> _pictures = [];
    private readonly HashSet<string> _started = new(StringComparer.Ordinal);
    private int _cached;
    private double _fraction;

    /// <summary>Completes with the full result when the job has ended.</summary>
    public Task<ComfyEnd> End => _end.Task;

    /// <summary>Handles a message; returns the progress to report, or null if nothing changed.</summary>
    public ImageProgress? Take(ComfyFrame frame)
    {
        lock (_lock)
        {
            switch (frame)
            {
                case ComfyCached cached:
                    _cached = cached.Nodes;
                    return Report("running");
                case ComfyRunning running:
                    if (_started.Count < workflow.NodeCount * ComfyAllowance.NodesARun)
                    {
                        _started.Add(running.Node!);
                    }

                    return Report("running");
                case ComfyStep step:
                    return Report(step);
                case ComfyPicture picture when picture.Node is not null && workflow.SocketNodes.Contains(picture.Node):
                    if (allowance.Exceeds(_pictures.Count + _images.Count + 1, picture.Bytes.Length) is { } tooMuch)
                    {
                        Finish(new ComfyEnd([], [], Fault: null, IsInterrupted: false) { TooMuch = tooMuch });
                        return null;
                    }

                    _pictures.Add(picture);
                    return null;
                case ComfyPicture picture:
                    return Report("sampling") with { Preview = Preview(picture.Bytes) };
                case ComfyOutput output:
                    if (allowance.Exceeds(_pictures.Count + _images.Count + output.Images.Count, 0) is { } tooMany)
                    {
                        Finish(new ComfyEnd([], [], Fault: null, IsInterrupted: false) { TooMuch = tooMany });
                        return null;
                    }

                    _images.AddRange(output.Images);
                    return Report("running");
                case ComfyDone:
                    Finish(new ComfyEnd([.. _images], [.. _pictures], Fault: null, IsInterrupted: false));
                    return null;
                case ComfyFailed failed:
                    Finish(new ComfyEnd([], [], failed.Fault, IsInterrupted: false));
                    return null;
                case ComfyInterrupted:
                    Finish(new ComfyEnd([], [], Fault: null, IsInterrupted: true));
                    return null;
                default:
                    return null;
            }
        }
    }

    /// <summary>Ends the job with the result of the history.</summary>
    public void Finish(ComfyEnd end) => _end.TrySetResult(end);

    private ImageProgress Report(string stage, double partial = 0)
    {
        // All nodes started before the current one are done; a node with many steps counts as many nodes.
        var done = _cached + Math.Max(0, _started.Count - 1);
        var fraction = (done + (partial * SamplerWeight)) / (workflow.NodeCount + SamplerWeight);
        _fraction = Math.Max(_fraction, Math.Min(fraction, 0.99));
        return new ImageProgress(_fraction, stage);
    }

    private ImageProgress Report(ComfyStep step)
    {
        if (step.Max <= 1)
        {
            return Report("running");
        }

        return Report("sampling", Math.Clamp(step.Value / step.Max, 0, 1)) with { Step = (int)step.Value, Steps = (int)step.Max };
    }

    private static Microsoft.Extensions.AI.DataContent? Preview(byte[] bytes) =>
        bytes.Length <= ComfyAllowance.MaxPreviewBytes && Imaging.ImageHeader.TryRead(bytes, out var header, out _) ? new(bytes, header.MediaType) : null;
}

/// <summary>How a job ended.</summary>
/// <param name="Images">What its nodes have written on the server.</param>
/// <param name="Pictures">What its nodes have sent over the socket.</param>
/// <param name="Fault">The node that failed, or null.</param>
/// <param name="IsInterrupted">Somebody stopped it.</param>
internal sealed record ComfyEnd(IReadOnlyList<ComfyImage> Images, IReadOnlyList<ComfyPicture> Pictures, ComfyFault? Fault, bool IsInterrupted)
{
    /// <summary>Why later messages of the job were dropped; null if none were.</summary>
    public string? TooMuch { get; init; }
}
