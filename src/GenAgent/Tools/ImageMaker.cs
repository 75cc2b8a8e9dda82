using System.Drawing;
using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>Asks a generator for one image, and inspects what comes back. Whatever goes wrong is a fault, and no exception.</summary>
internal sealed class ImageMaker(IImageGenerator generator, ImageAgentOptions options)
{
    /// <summary>Makes one image.</summary>
    /// <param name="generation">What is asked for.</param>
    /// <param name="seed">The seed that is to draw the noise.</param>
    /// <param name="originals">Images to start from; empty for none.</param>
    /// <param name="progress">Who is told how far it is; null for no one.</param>
    /// <param name="cancellationToken">Ends the work; the outcome is then empty.</param>
    public async Task<ImageOutcome> MakeAsync(
        Generation generation, long seed, IReadOnlyList<DataContent> originals, IProgress<ImageProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            var request = new ImageGenerationRequest(generation.Prompt, originals.Count > 0 ? originals : null!);
            var response = await generator.GenerateAsync(request, OptionsFor(generation, seed, progress), cancellationToken);
            return Read(response, generation, seed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return default;
        }
        catch (PromptRefusedException refused)
        {
            return Refused(refused.Message) with { Error = refused };
        }
        catch (Exception failure)
        {
            return Failed(failure.Message) with { Error = failure };
        }
    }

    /// <summary>The request for a generation as it is recorded: the agent's own, and a replay's.</summary>
    public static ImageGenerationOptions OptionsFor(Generation generation, long seed, IProgress<ImageProgress>? progress = null)
    {
        var asked = new ImageGenerationOptions { Count = 1, ResponseFormat = ImageGenerationResponseFormat.Data }.WithSeed(seed);
        if (generation is { Width: { } width, Height: { } height })
        {
            asked.ImageSize = new Size(width, height);
        }

        Set(ImageOptionsExtensions.StepsKey, generation.Steps);
        Set(ImageOptionsExtensions.GuidanceScaleKey, generation.GuidanceScale);
        Set(ImageOptionsExtensions.NegativePromptKey, generation.NegativePrompt);
        Set(ImageOptionsExtensions.ProgressKey, progress);
        return asked;

        void Set(string key, object? value)
        {
            if (value is not null)
            {
                asked.With(key, value);
            }
        }
    }

    private static ImageOutcome Failed(string why) =>
        new() { Fault = new Fault(FaultKind.GeneratorFailure, $"The generator failed: {SecretMask.Default.Mask(why)}") };

    private static ImageOutcome Refused(string why) =>
        new() { Fault = new Fault(FaultKind.RefusedPrompt, $"The prompt was refused by a content filter: {SecretMask.Default.Mask(why)} Say it in another way.") };

    private static ImageOutcome Bad(string why) => new() { Fault = new Fault(FaultKind.BadImage, why) };

    private static bool IsRefusal(ErrorContent error) =>
        error.ErrorCode is "content_filter" or "content_policy_violation" or "moderation_blocked";

    private ImageOutcome Read(ImageGenerationResponse response, Generation generation, long seed)
    {
        foreach (var content in response.Contents)
        {
            switch (content)
            {
                case DataContent image:
                    return Inspect(image, generation, seed);
                case UriContent link:
                    return Bad($"The generator returned a link to {link.Uri.Host} in place of an image.");
                case ErrorContent error:
                    return IsRefusal(error) ? Refused(error.Message) : Failed(error.Message);
            }
        }

        return Failed("it returned no image.");
    }

    private ImageOutcome Inspect(DataContent image, Generation generation, long seed)
    {
        if (ImageInspector.Inspect(image, generation, seed, options, out var reference) is { } wrong)
        {
            return Bad(wrong);
        }

        var isAsDeclared = string.Equals(image.MediaType, reference!.MediaType, StringComparison.Ordinal);
        return new ImageOutcome { Image = isAsDeclared ? image : new DataContent(image.Data, reference.MediaType), Reference = reference };
    }
}

/// <summary>What came of one request for an image: an image with its reference, or a fault; neither when the work was cancelled.</summary>
internal readonly record struct ImageOutcome
{
    public DataContent? Image { get; init; }

    public ImageReference? Reference { get; init; }

    public Fault? Fault { get; init; }

    /// <summary>What was thrown, for the log.</summary>
    public Exception? Error { get; init; }
}
