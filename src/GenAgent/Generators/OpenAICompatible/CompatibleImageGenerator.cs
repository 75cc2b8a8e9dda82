using System.ClientModel;
using System.Text.Json;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Stands between the caller and OpenAI's package: input images are checked here (some servers paint on without a word when one is broken),
/// answers hold images only, and addresses in an answer are fetched.
/// </summary>
internal sealed class CompatibleImageGenerator(
    IImageGenerator inner, OpenAIServerOptions server, HttpClient http, RemoteImageFetcher fetcher) : DelegatingImageGenerator(inner)
{
    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            throw new ArgumentException("The prompt is empty: say what the image should show.", nameof(request));
        }

        var prepared = new ImageGenerationRequest(request.Prompt, await InputsAsync(request, cancellationToken));
        var response = await CallAsync(prepared, options, cancellationToken);
        var images = new List<AIContent>(response.Contents.Count);
        foreach (var content in response.Contents)
        {
            images.Add(content switch
            {
                DataContent data => ImageHeader.ToContent(data.Data, server.ToString()),
                UriContent address => await fetcher.FetchAsync(address.Uri, cancellationToken),
                _ => content,
            });
        }

        return images.Count > 0
            ? new ImageGenerationResponse(images) { Usage = response.Usage, RawRepresentation = response.RawRepresentation }
            : throw new BackendAnswerException($"{server} answered without an image.");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            http.Dispose();
            fetcher.Dispose();
        }
    }

    private async Task<ImageGenerationResponse> CallAsync(ImageGenerationRequest request, ImageGenerationOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            return await base.GenerateAsync(request, options, cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or ClientResultException or InvalidOperationException or FormatException
            or KeyNotFoundException or NullReferenceException)
        {
            throw new BackendAnswerException(
                $"{server} sent an answer that cannot be understood: {exception.Message} Does it speak OpenAI's protocol at this address?", exception);
        }
    }

    private async Task<List<AIContent>?> InputsAsync(ImageGenerationRequest request, CancellationToken cancellationToken)
    {
        if (request.OriginalImages is null)
        {
            return null;
        }

        var inputs = new List<AIContent>();
        foreach (var image in request.OriginalImages)
        {
            var name = $"Input image {inputs.Count + 1}";
            inputs.Add(image switch
            {
                DataContent data => PortableImage.From(data, name),
                UriContent address => PortableImage.From(await fetcher.FetchAsync(address.Uri, cancellationToken), name),
                _ => throw new ArgumentException($"{name} is a {image.GetType().Name}; images are given as data or as an address.", nameof(request)),
            });
        }

        return inputs.Count == 0 ? null : inputs;
    }
}
