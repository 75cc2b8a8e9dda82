using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using OpenAI.Images;
using ImageGenerationOptions = Microsoft.Extensions.AI.ImageGenerationOptions;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Wraps OpenAI's package: checks input images (some servers silently ignore a damaged one), supports edits with several images and a mask, returns only
/// images, and downloads images that an answer names by address.
/// </summary>
internal sealed class CompatibleImageGenerator(
    ImageClient client, OpenAIServerOptions server, HttpClient http, RemoteImageFetcher fetcher) : DelegatingImageGenerator(client.AsIImageGenerator())
{
    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ImageRequestGuard.Check(request, options);
        var inputs = await InputsAsync(request, cancellationToken);
        var mask = options.GetMask() is { } given ? PortableImage.From(given, "The mask") : null;
        var response = await ReadAsync(inputs.Count == 0
            ? () => base.GenerateAsync(new ImageGenerationRequest(request.Prompt!), OpenAIImageFields.ForGeneration(options), cancellationToken)
            : () => EditAsync(request.Prompt!, inputs, mask, options, cancellationToken));
        if (response.Contents.Count > ImageRequestGuard.MaxCount)
        {
            throw new BackendAnswerException(
                $"{server} answered with {response.Contents.Count} images, more than {ImageRequestGuard.MaxCount} (ImageRequestGuard.MaxCount).");
        }

        var images = new List<AIContent>(response.Contents.Count);
        foreach (var content in response.Contents)
        {
            images.Add(content switch
            {
                DataContent data => Stamp(ImageHeader.ToContent(data.Data, server.ToString())),
                UriContent address => Stamp(await fetcher.FetchAsync(address.Uri, cancellationToken)),
                _ => content,
            });
        }

        return images.Count > 0
            ? new ImageGenerationResponse(images) { Usage = response.Usage, RawRepresentation = response.RawRepresentation }
            : throw new BackendAnswerException($"{server} answered without an image.");
    }

    // The protocol has no seeds; sd-server writes the one that it used into the PNG.
    private static DataContent Stamp(DataContent image) => PngText.Seed(image.Data.Span) is { } seed ? image.WithSeed(seed) : image;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            http.Dispose();
            fetcher.Dispose();
        }
    }

    private async Task<ImageGenerationResponse> EditAsync(
        string prompt, IReadOnlyList<DataContent> inputs, DataContent? mask, ImageGenerationOptions? options, CancellationToken cancellationToken)
    {
        using var form = OpenAIImageFields.ForEdit(prompt, server.Model, inputs, mask, options);
        using var content = BinaryContent.Create(BinaryData.FromBytes(await form.ReadAsByteArrayAsync(cancellationToken)));
        var result = await client.GenerateImageEditsAsync(
            content, form.Headers.ContentType!.ToString(), new RequestOptions { CancellationToken = cancellationToken });
        return OpenAIImageFields.ToResponse((GeneratedImageCollection)result);
    }

    private async Task<ImageGenerationResponse> ReadAsync(Func<Task<ImageGenerationResponse>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is JsonException or ClientResultException or InvalidOperationException or FormatException
            or KeyNotFoundException or NullReferenceException)
        {
            throw new BackendAnswerException(
                $"{server} sent an answer that cannot be understood: {exception.Message} Does it speak OpenAI's protocol at this address?", exception);
        }
    }

    private async Task<List<DataContent>> InputsAsync(ImageGenerationRequest request, CancellationToken cancellationToken)
    {
        var inputs = new List<DataContent>();
        foreach (var image in request.OriginalImages ?? [])
        {
            var name = $"Input image {inputs.Count + 1}";
            inputs.Add(image switch
            {
                DataContent data => PortableImage.From(data, name),
                UriContent address => PortableImage.From(await fetcher.FetchAsync(address.Uri, cancellationToken), name),
                _ => throw new ArgumentException($"{name} is a {image.GetType().Name}; images are given as data or as an address.", nameof(request)),
            });
        }

        return inputs;
    }
}
