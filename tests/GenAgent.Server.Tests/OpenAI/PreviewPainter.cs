using GenAgent.Generators;
using GenAgent.Micro.Canvas;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Tests.OpenAI;

/// <summary>The miniature world's painter, which shows two previews of its first image and goes on when it is told to.</summary>
internal sealed class PreviewPainter(DataContent preview) : DelegatingImageGenerator(new CanvasGenerator())
{
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn() => _seen.TrySetResult();

    public void AddTo(BackendRegistry registry) =>
        _ = registry.AddImageGenerator(new BackendScheme("previews", BackendForm.NameOnly, "previews", "shows previews"), (_, _) => new(this));

    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var progress = ImageOptionsExtensions.GetProgress(options);
        foreach (var fraction in (double[])[0.2, 0.7]) progress?.Report(new(fraction, "sampling") { Preview = preview });
        await Until.EndsAsync(_seen.Task.WaitAsync(cancellationToken), "the previews are seen");
        return await base.GenerateAsync(request, options, cancellationToken);
    }
}
