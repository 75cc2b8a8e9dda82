using System.Net.Http.Headers;
using System.Text.Json;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Generators.GeAgent;

/// <summary>
/// Makes images on the paper authors' servers (github.com/deep-kaixun/geagent): FLUX.1-dev or Qwen-Image at one address, Qwen-Image-Edit at the other.
/// Safe to call from many tasks at once. Fails with <see cref="BackendException"/>, <see cref="InvalidDataException"/> (an input image is broken),
/// <see cref="ArgumentException"/> or cancellation.
/// </summary>
/// <remarks>
/// The servers have fixed seeds: a prompt always gives the same image. Requests send no seed, images have none, all candidates of a prompt are equal, and
/// <c>traj replay</c> cannot reproduce an image by its seed.
/// </remarks>
public sealed class GeAgentImageGenerator : IImageGenerator
{
    /// <summary>The most images of one request.</summary>
    public const int MaxCount = 4;

    private const int DefaultSide = 1024;

    private readonly GeAgentOptions _options;
    private readonly HttpClient _http;
    private readonly ImageGeneratorMetadata _metadata;
    private readonly GeneratorProfile _profile;

    /// <summary>Creates the generator without calling the server.</summary>
    /// <param name="options">Where the servers are.</param>
    /// <param name="loggerFactory">Where it logs to; null for nowhere.</param>
    /// <param name="timeProvider">The clock for waits and time limits; null for the system's.</param>
    public GeAgentImageGenerator(GeAgentOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _metadata = new ImageGeneratorMetadata("geagent", options.Endpoint);
        _profile = new GeneratorProfile { TakesOriginalImages = options.EditEndpoint is not null, HasFixedSeed = true };

        // The same prompt gives the same image, so a request may be repeated if its answer was lost.
        _http = new BackendHttp(options.ToString(), options.Http)
        {
            LoggerFactory = loggerFactory,
            TimeProvider = timeProvider ?? TimeProvider.System,
            RepeatPosts = true
        }.CreateClient();
    }

    /// <inheritdoc/>
    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var count = ImageRequestGuard.Check(request, options);
        options.RefuseMask("geagent");
        if (count > MaxCount)
        {
            throw new ArgumentException($"The number of images is {count}, but {_options} makes 1 to {MaxCount} of a prompt.", nameof(options));
        }

        var original = Original(request);
        var body = new GeAgentRequest
        {
            Prompt = [request.Prompt!],
            Height = options?.ImageSize?.Height ?? DefaultSide,
            Width = options?.ImageSize?.Width ?? DefaultSide,
            Image = original is null ? null : [Convert.ToBase64String(PortableImage.AsPng(original, "The input image").Data.Span)],
            Steps = options.GetSteps(),
            GuidanceScale = options.GetGuidanceScale(),
            Count = count > 1 ? count : null,
        };
        var endpoint = original is null ? _options.Endpoint : _options.EditEndpoint ?? throw new BackendRejectedException(
            $"{_options} edits no images: name the server that does, as in geagent:{_options.Endpoint}?edit=http://HOST:8998.");
        return await PostAsync(endpoint, body, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ImageGeneratorMetadata) ? _metadata
            : serviceType == typeof(GeneratorProfile) ? _profile
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static DataContent? Original(ImageGenerationRequest request)
    {
        var images = (request.OriginalImages ?? []).ToArray();
        return images switch
        {
            [] => null,
            [DataContent image] => image,
            [var other] => throw new ArgumentException($"The input image is a {other.GetType().Name}; this backend takes an image as data.", nameof(request)),
            _ => throw new ArgumentException($"There are {images.Length} input images, but this backend edits one.", nameof(request)),
        };
    }

    private async Task<ImageGenerationResponse> PostAsync(Uri endpoint, GeAgentRequest body, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, GeAgentJson.Default.GeAgentRequest))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
        using var response = await _http.PostAsync(new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/generate/"), content, cancellationToken);
        return GeAgentAnswer.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken), _options.ToString());
    }
}
