using System.Drawing;
using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>Requests one image from a generator, and inspects it. Errors become faults instead of exceptions.</summary>
internal sealed class ImageMaker(IImageGenerator generator, ImageAgentOptions options)
{
    /// <summary>Makes one image.</summary>
    /// <param name="generation">What is asked for.</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="originals">Images to start from; empty for none.</param>
    /// <param name="given">Additional generator options of the caller; may be null.</param>
    /// <param name="progress">Receives the progress; may be null.</param>
    /// <param name="cancellationToken">Cancels; the outcome is then empty.</param>
    public async Task<ImageOutcome> MakeAsync(
        Generation generation,
        long seed,
        IReadOnlyList<DataContent> originals,
        ImageGenerationOptions? given,
        IProgress<ImageProgress>? progress,
        CancellationToken cancellationToken)
    {
        try
        {
            var request = new ImageGenerationRequest(generation.Prompt, originals.Count > 0 ? originals : null!);
            var response = await generator.GenerateAsync(request, OptionsFor(generation, seed, progress, given), cancellationToken);
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

    /// <summary>Builds the generator's request from a recorded generation, for runs and replays. Recorded values override additional options.</summary>
    public static ImageGenerationOptions OptionsFor(
        Generation generation, long seed, IProgress<ImageProgress>? progress = null, ImageGenerationOptions? given = null)
    {
        var asked = (given?.Clone() ?? new ImageGenerationOptions()).WithSeed(seed);
        (asked.Count, asked.ResponseFormat, asked.StreamingCount) = (1, ImageGenerationResponseFormat.Data, given?.StreamingCount);
        (asked.ModelId, asked.MediaType) = (generation.Model, generation.MediaType);
        asked.ImageSize = generation is { Width: { } width, Height: { } height } ? new Size(width, height) : null;
        if (generation.Settings is { } settings)
        {
            foreach (var (key, text) in settings)
            {
                asked.AdditionalProperties!.TryAdd(key, text);
            }
        }

        Set(ImageOptionsExtensions.StepsKey, generation.Steps);
        Set(ImageOptionsExtensions.GuidanceScaleKey, generation.GuidanceScale);
        Set(ImageOptionsExtensions.NegativePromptKey, generation.NegativePrompt);
        Set(ImageOptionsExtensions.StrengthKey, generation.Strength);
        Set(ImageOptionsExtensions.ProgressKey, progress);
        return asked;

        void Set(string key, object? value)
        {
            asked.AdditionalProperties!.Remove(key);
            if (value is not null)
            {
                asked.With(key, value);
            }
        }
    }

    private static ImageOutcome Failed(string why) =>
        new() { Fault = new Fault(FaultKind.GeneratorFailure, $"The generator failed: {SecretMask.Default.Mask(why)}") };

    private static ImageOutcome Refused(string why) =>
        new()
        {
            Fault = new Fault(FaultKind.RefusedPrompt, $"The prompt was refused by a content filter: {SecretMask.Default.Mask(why)} Say it in another way.")
        };

    private static ImageOutcome Bad(string why) => new() { Fault = new Fault(FaultKind.BadImage, why) };

    private static bool IsRefusal(ErrorContent error) =>
        error.ErrorCode is "content_filter" or "content_policy_violation" or "moderation_blocked";

    private static DataContent Declared(DataContent image, string mediaType) =>
        new(image.Data, mediaType) { Name = image.Name, AdditionalProperties = image.AdditionalProperties };

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
        return new ImageOutcome { Image = isAsDeclared ? image : Declared(image, reference.MediaType), Reference = reference };
    }
}

/// <summary>The result of an image request: an image with its reference, or a fault; neither if it was cancelled.</summary>
internal readonly record struct ImageOutcome
{
    public DataContent? Image { get; init; }

    public ImageReference? Reference { get; init; }

    public Fault? Fault { get; init; }

    /// <summary>The exception, for the log.</summary>
    public Exception? Error { get; init; }
}
