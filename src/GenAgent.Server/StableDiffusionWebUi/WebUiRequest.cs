using System.Text.Json;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>
/// What a request of AUTOMATIC1111's API asks for, checked. Fields that an agent has no use for, as the sampler, are read for the answer alone.
/// </summary>
/// <param name="Order">What is to be made.</param>
internal sealed record WebUiRequest(JobRequest Order)
{
    private const int MostImages = 100;
    private const int ShortestSide = 16;
    private const int LongestSide = 16_384;

    public required string NegativePrompt { get; init; }

    public required string Sampler { get; init; }

    public required int Steps { get; init; }

    public required double CfgScale { get; init; }

    public required int BatchSize { get; init; }

    public bool SendsImages { get; init; }

    public string? TaskId { get; init; }

    /// <summary>The request itself, which the answer says again.</summary>
    public required JsonElement Parameters { get; init; }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The request.</param>
    /// <param name="edits">Whether <c>init_images</c> are needed.</param>
    /// <param name="agents">The configured agents, of which <c>override_settings.sd_model_checkpoint</c> may name one.</param>
    /// <exception cref="WebUiException">A field is wrong.</exception>
    public static WebUiRequest Read(JsonElement body, bool edits, WebUiModels agents)
    {
        if (body.ValueKind != JsonValueKind.Object) throw new WebUiException("body", "Input should be a valid dictionary");
        var fields = new WebUiFields(body);
        var prompt = fields.Text("prompt") ?? string.Empty;
        if (string.IsNullOrWhiteSpace(prompt)) throw new WebUiException("prompt", "The prompt is empty: say in words what the image should show");
        if (fields.IsSet("mask"))
        {
            throw new WebUiException("mask", "Masks are not supported by this server: describe in the prompt which part of the image should change");
        }
        var batch = (int)(fields.Integer("batch_size", 1, MostImages) ?? 1);
        var count = batch * (int)(fields.Integer("n_iter", 1, MostImages) ?? 1);
        if (count > MostImages)
        {
            throw new WebUiException("n_iter", $"batch_size times n_iter is {count}, but at most {MostImages} images are made for a request");
        }
        var (width, height) = (fields.Integer("width", ShortestSide, LongestSide), fields.Integer("height", ShortestSide, LongestSide));
        return new(new JobRequest(prompt)
        {
            Images = edits ? Images(body) : [],
            Count = count,
            Seed = fields.Integer("seed", -1, long.MaxValue) is { } seed and >= 0 ? seed : null,
            Size = width is { } w && height is { } h ? new((int)w, (int)h) : null,
            Agent = agents.Choose(body),
        })
        {
            NegativePrompt = fields.Text("negative_prompt") ?? string.Empty,
            Sampler = fields.Text("sampler_name") ?? WebUiModels.Sampler,
            Steps = (int)(fields.Integer("steps", 1, 1000) ?? 20),
            CfgScale = fields.Number("cfg_scale") ?? 7,
            BatchSize = batch,
            SendsImages = fields.Truth("send_images") ?? true,
            TaskId = fields.Text("force_task_id"),
            Parameters = body,
        };
    }

    private static List<ReadOnlyMemory<byte>> Images(JsonElement body)
    {
        if (!body.TryGetProperty("init_images", out var images) || images.ValueKind != JsonValueKind.Array || images.GetArrayLength() == 0)
        {
            throw new WebUiException("init_images", "Init image not found");
        }

        return [.. images.EnumerateArray().Select(image => image.ValueKind == JsonValueKind.String && EncodedImage.TryDecode(image.GetString()!, out var bytes)
            ? bytes
            : throw new WebUiException("init_images", "Invalid encoded image: send base64 or a data URL; addresses are not fetched"))];
    }
}
