using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Seeds;
using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Imaging;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Torch.Flux;

/// <summary>
/// FLUX.1 as an image generator. Safe to use from any number of tasks at once: their images are painted in batches. The same prompt, options and seed give
/// the same image (to within 1/255 on the same machine), alone or among others. Owns its engine.
/// </summary>
/// <remarks>
/// Reads size, count and previews (<see cref="ImageGenerationOptions.StreamingCount"/>) of <see cref="ImageGenerationOptions"/>, the keys of
/// <see cref="ImageOptionsExtensions"/> (seed, steps, guidance_scale, negative_prompt, strength, progress) and those of
/// <see cref="FluxImageOptionsExtensions"/> (true_cfg_scale, loras). The first original image is changed by <c>strength</c>; a Kontext model (according to
/// <c>model_index.json</c>) uses it as a reference instead, unless a strength is given. Images are PNG, with their seed and warnings as properties.
/// </remarks>
public sealed class FluxImageGenerator : IImageGenerator, IAsyncDisposable
{
    private readonly FluxImageEngine _engine;
    private readonly bool _looksAtOriginals;
    private readonly SeedPath _unseeded;
    private readonly ModelSource? _source;
    private long _calls = -1;
    private volatile bool _disposed;

    /// <summary>Paints with an engine.</summary>
    /// <param name="engine">The engine; disposed with the generator.</param>
    /// <param name="looksAtOriginals">Whether an original image is a reference (FLUX.1 Kontext) instead of the start.</param>
    /// <param name="unseeded">Root of the seeds for requests without one; null for a fixed root.</param>
    public FluxImageGenerator(FluxImageEngine engine, bool looksAtOriginals = false, SeedPath? unseeded = null)
        : this(engine, looksAtOriginals, unseeded, source: null)
    {
    }

    private FluxImageGenerator(FluxImageEngine engine, bool looksAtOriginals, SeedPath? unseeded, ModelSource? source)
    {
        ArgumentNullException.ThrowIfNull(engine);
        (_engine, _looksAtOriginals, _unseeded, _source) = (engine, looksAtOriginals, unseeded ?? SeedPath.FromRoot(0).Child("flux"), source);
    }

    /// <summary>Opens a folder in the layout of diffusers. <see cref="FluxImageEngine"/> describes what is read when, and the exceptions.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="loggerFactory">Creates the logger; null for no log.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <returns>The generator; the caller disposes it.</returns>
    public static FluxImageGenerator Open(
        string folder, FluxEngineOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null) =>
        new(
            new FluxImageEngine(FluxModelFiles.FromFolder(folder), options, loggerFactory, timeProvider), FluxModelIndex.Read(folder).IsKontext, unseeded: null,
            new ModelSource(Path.GetFullPath(folder)));

    /// <summary>Opens a single file (<see cref="FluxModelFiles.FromFile"/>); a file with "kontext" in its name uses original images as references.</summary>
    internal static FluxImageGenerator OpenFile(
        string file, string? besides, FluxEngineOptions? options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider) =>
        new(
            new FluxImageEngine(FluxModelFiles.FromFile(file, besides), options, loggerFactory, timeProvider),
            Path.GetFileName(file).Contains("kontext", StringComparison.OrdinalIgnoreCase) || (besides is not null && FluxModelIndex.Read(besides).IsKontext),
            unseeded: null,
            new ModelSource(Path.GetFullPath(file)));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The request has an invalid value; the message says which, and the range.</exception>
    /// <exception cref="BackendRejectedException">The request brings a mask.</exception>
    /// <exception cref="InvalidDataException">An original image, a LoRA or a weight file is broken.</exception>
    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var count = options?.Count ?? 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(options));
        var first = options.GetSeed() ?? _unseeded.Child("call", Interlocked.Increment(ref _calls)).ImageSeed;
        var painted = Describe(request, options);

        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<FluxImage>[] images = [.. Enumerable.Range(0, count)
            .Select(index => _engine.PaintAsync(painted with { Seed = first + index, Progress = index == 0 ? painted.Progress : null }, together.Token))];
        try
        {
            await Task.WhenAll(images);
        }
        catch
        {
            // If one image fails, the request fails: the others are cancelled.
            await together.CancelAsync();
            throw;
        }

        var contents = new List<AIContent>(count);
        foreach (var image in images) contents.Add(ToContent(await image));
        return new ImageGenerationResponse(contents);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ImageGeneratorMetadata) ? new ImageGeneratorMetadata("flux", providerUri: null, _engine.Name)
            : serviceType == typeof(GeneratorProfile) ? new GeneratorProfile { DraftSteps = _engine.DraftSteps }
            : serviceType == typeof(FluxImageEngine) ? _engine
            : serviceType == typeof(ModelSource) ? _source
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Stops the engine and returns after its current step; unfinished requests are cancelled.</summary>
    public void Dispose()
    {
        _disposed = true;
        _engine.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    private FluxImageRequest Describe(ImageGenerationRequest request, ImageGenerationOptions? options)
    {
        options.RefuseMask("FLUX.1");
        var original = request.OriginalImages?.FirstOrDefault() switch
        {
            null => null,
            DataContent data => ImageDecoder.Decode(data.Data),
            var other =>
                throw new ArgumentException(
                    $"The original image is a {other.GetType().Name}; FLUX.1 needs its bytes, as a {nameof(DataContent)}.", nameof(request)),
        };
        var looks = _looksAtOriginals && options.GetStrength() is null;
        return new FluxImageRequest
        {
            Prompt = request.Prompt ?? "",
            NegativePrompt = options.GetNegativePrompt(),
            Seed = 0,
            Width = options?.ImageSize?.Width,
            Height = options?.ImageSize?.Height,
            Steps = options.GetSteps(),
            GuidanceScale = options.GetGuidanceScale(),
            TrueCfgScale = options.GetTrueCfgScale(),
            Start = looks ? null : original,
            Strength = options.GetStrength(),
            Reference = looks ? original : null,
            Loras = options.GetLoras(),
            Previews = Math.Max(options?.StreamingCount ?? 0, 0),
            Progress = options.GetProgress(),
        };
    }

    private static DataContent ToContent(FluxImage image)
    {
        var content = new DataContent(ImageTensors.ToPng(image.Pixels), "image/png").WithSeed(image.Seed);
        if (image.Warnings.Count > 0) content.AdditionalProperties![FluxImageOptionsExtensions.WarningsKey] = image.Warnings;
        return content;
    }
}
