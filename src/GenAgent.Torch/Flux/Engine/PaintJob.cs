using GenAgent.Generators;
using GenAgent.Torch.Flux.TextEncoders;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>A planned image and its waiting caller.</summary>
internal sealed class PaintJob(ImagePlan plan, PromptIds prompt, PromptIds? negative, long arrived, CancellationToken cancellation)
{
    private readonly TaskCompletionSource<FluxImage> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ImagePlan Plan { get; } = plan;

    public string Prompt => Plan.Request.Prompt;

    public PromptIds PromptIds { get; } = prompt;

    /// <summary>What the image shall not show, for classifier-free guidance; null without.</summary>
    public string? Negative => NegativeIds is null ? null : Plan.Request.NegativePrompt ?? "";

    public PromptIds? NegativeIds { get; } = negative;

    /// <summary>Timestamp of arrival, by the engine's clock.</summary>
    public long Arrived { get; } = arrived;

    public Task<FluxImage> Result => _result.Task;

    /// <summary>Whether a caller still waits; also checks the cancellation token.</summary>
    public bool IsWanted
    {
        get
        {
            if (cancellation.IsCancellationRequested) Cancel(cancellation);
            return !_result.Task.IsCompleted;
        }
    }

    public void Cancel(CancellationToken token) => _result.TrySetCanceled(token);

    public void Fail(Exception fault) => _result.TrySetException(fault);

    public void Finish(FluxImage image) => _result.TrySetResult(image);

    /// <summary>Reports progress; a handler that throws fails only its own job.</summary>
    public void Report(string stage, int stepsDone, int steps, DataContent? preview = null)
    {
        if (Plan.Request.Progress is not { } progress) return;
        try
        {
            progress.Report(new ImageProgress((double)stepsDone / (steps + 1), stage) { Step = stepsDone, Steps = steps, Preview = preview });
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }
}
