using System.Globalization;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>What an answer says of its images: <c>info</c>, and the <c>parameters</c> text of each PNG.</summary>
internal static class WebUiInfo
{
    /// <summary>The text of one image: prompt, and a line of settings in which other programs look for the seed.</summary>
    public static string Text(WebUiRequest request, SampleUpdate sample, string model)
    {
        var image = sample.Image!;
        var negative = request.NegativePrompt.Length > 0 ? $"\nNegative prompt: {request.NegativePrompt}" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{image.Prompt ?? request.Order.Prompt}{negative}\nSteps: {request.Steps}, Sampler: {request.Sampler}, CFG scale: {request.CfgScale}, Seed: "
                + $"{SeedOf(sample)}, Size: {image.Width}x{image.Height}, Model: {request.Order.Agent ?? model}, Trajectory: {sample.Trajectory}");
    }

    /// <summary>The members of <c>info</c> that front ends read.</summary>
    public static object Of(WebUiRequest request, IReadOnlyList<SampleUpdate> made, string model, DateTimeOffset now) => new
    {
        prompt = request.Order.Prompt,
        all_prompts = made.Select(sample => sample.Image!.Prompt ?? request.Order.Prompt),
        negative_prompt = request.NegativePrompt,
        all_negative_prompts = made.Select(_ => request.NegativePrompt),
        seed = made.Count > 0 ? SeedOf(made[0]) : -1,
        all_seeds = made.Select(SeedOf),
        subseed = -1,
        all_subseeds = made.Select(_ => -1),
        subseed_strength = 0,
        width = made.Count > 0 ? made[0].Image!.Width : 0,
        height = made.Count > 0 ? made[0].Image!.Height : 0,
        sampler_name = request.Sampler,
        cfg_scale = request.CfgScale,
        steps = request.Steps,
        batch_size = request.BatchSize,
        sd_model_name = request.Order.Agent ?? model,
        sd_model_hash = (string?)null,
        seed_resize_from_w = -1,
        seed_resize_from_h = -1,
        denoising_strength = (double?)null,
        extra_generation_params = new { },
        index_of_first_image = 0,
        infotexts = made.Select(sample => Text(request, sample, model)),
        styles = Array.Empty<string>(),
        job_timestamp = now.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture),
        clip_skip = 1,
        is_using_inpainting_conditioning = false,
    };

    private static long SeedOf(SampleUpdate sample) => sample.Image!.Seed ?? -1;
}
