using System.Text.Json.Serialization;
using GenAgent.Generators.Imaging;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.A1111;

/// <summary>The body of txt2img and img2img; fields that are null are left to the server.</summary>
internal sealed record A1111Request
{
    private const int SizeStep = 8;

    [JsonPropertyName("prompt")]
    public required string Prompt { get; init; }

    [JsonPropertyName("negative_prompt")]
    public string NegativePrompt { get; init; } = string.Empty;

    /// <summary>-1 asks for a random one; image i of the batch uses seed + i.</summary>
    [JsonPropertyName("seed")]
    public long Seed { get; init; } = -1;

    [JsonPropertyName("batch_size")]
    public int BatchSize { get; init; } = 1;

    // Always 1: sd-server ignores it, batch_size works everywhere.
    [JsonPropertyName("n_iter")]
    public int Iterations { get; init; } = 1;

    [JsonPropertyName("steps")]
    public int? Steps { get; init; }

    [JsonPropertyName("cfg_scale")]
    public double? CfgScale { get; init; }

    [JsonPropertyName("distilled_cfg_scale")]
    public double? DistilledCfgScale { get; init; }

    [JsonPropertyName("width")]
    public int? Width { get; init; }

    [JsonPropertyName("height")]
    public int? Height { get; init; }

    [JsonPropertyName("sampler_name")]
    public string? Sampler { get; init; }

    [JsonPropertyName("scheduler")]
    public string? Scheduler { get; init; }

    [JsonPropertyName("override_settings")]
    public IReadOnlyDictionary<string, string>? OverrideSettings { get; init; }

    [JsonPropertyName("send_images")]
    public bool SendImages { get; init; } = true;

    [JsonPropertyName("save_images")]
    public bool SaveImages { get; init; }

    /// <summary>The job's id on the server; older servers ignore it.</summary>
    [JsonPropertyName("force_task_id")]
    public string? TaskId { get; init; }

    [JsonPropertyName("init_images")]
    public IReadOnlyList<string>? InitImages { get; init; }

    [JsonPropertyName("mask")]
    public string? Mask { get; init; }

    [JsonPropertyName("denoising_strength")]
    public double? DenoisingStrength { get; init; }

    /// <summary>Converts a request to the server's format.</summary>
    /// <exception cref="InvalidDataException">An input image is damaged, which sd-server would silently ignore.</exception>
    /// <exception cref="ArgumentException">The server does not support the size.</exception>
    public static A1111Request From(ImageGenerationRequest request, ImageGenerationOptions? options, int count, A1111Options server)
    {
        if (options?.ImageSize is { } size && (size.Width % SizeStep != 0 || size.Height % SizeStep != 0))
        {
            // stable-diffusion-webui silently rounds down and sd-server up; an image of another size would be useless.
            throw new ArgumentException(
                $"The image's size is {size.Width} x {size.Height}, but {server} paints only sides that are multiples of {SizeStep}.", nameof(options));
        }

        var images = (request.OriginalImages ?? []).Select((image, index) => DataUrl(image, $"Input image {index + 1}")).ToArray();
        var guidance = options.GetGuidanceScale();
        return new A1111Request
        {
            Prompt = request.Prompt!,
            NegativePrompt = options.GetNegativePrompt() ?? string.Empty,
            Seed = options.GetSeed() ?? -1,
            BatchSize = count,
            Steps = options.GetSteps(),
            CfgScale = server.DistilledGuidance ? 1 : guidance,
            DistilledCfgScale = server.DistilledGuidance ? guidance : null,
            Width = options?.ImageSize?.Width,
            Height = options?.ImageSize?.Height,
            Sampler = server.Sampler,
            Scheduler = server.Scheduler,
            OverrideSettings = options?.ModelId is { } model
                ? new Dictionary<string, string>(StringComparer.Ordinal) { ["sd_model_checkpoint"] = model }
                : null,
            InitImages = images.Length == 0 ? null : images,
            Mask = images.Length > 0 && options.GetMask() is { } mask ? DataUrl(mask, "The mask") : null,
            DenoisingStrength = images.Length == 0 ? null : options.GetStrength(),
        };
    }

    private static string DataUrl(AIContent image, string name) => image is DataContent data
        ? PortableImage.From(data, name).Uri
        : throw new ArgumentException($"{name} is a {image.GetType().Name}; this backend takes images as data.", nameof(image));
}

[JsonSerializable(typeof(A1111Request))]
[JsonSerializable(typeof(A1111TaskQuestion))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class A1111Json : JsonSerializerContext;
