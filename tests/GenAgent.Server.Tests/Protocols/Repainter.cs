using GenAgent.Micro.Canvas;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>The miniature world's painter that takes images to start from, and paints over them. It tells of its progress half-way.</summary>
internal sealed class Repainter(IImageGenerator canvas) : DelegatingImageGenerator(canvas)
{
    public const string Name = "repaint";

    public static BackendRegistry AddTo(BackendRegistry registry) => registry.AddImageGenerator(
        new BackendScheme(Name, BackendForm.NameOnly, Name, "The procedural painter, which paints over images"),
        (_, _) => new(new Repainter(new CanvasGenerator())));

    public override Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        GenAgent.Generators.ImageOptionsExtensions.GetProgress(options)?.Report(new(0.5, "sampling") { Step = 1, Steps = 2 });
        return base.GenerateAsync(new ImageGenerationRequest(request.Prompt!), options, cancellationToken);
    }
}
