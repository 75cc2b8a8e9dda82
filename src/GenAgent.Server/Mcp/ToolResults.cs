using System.ComponentModel;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.Mcp;

/// <summary>What making or editing images gave.</summary>
/// <param name="Job">The job's id.</param>
/// <param name="Images">One entry for each image that was asked for, in order.</param>
internal sealed record MadeImages(
    [property: Description("The job's id.")] string Job,
    [property: Description(
        "One entry for each image that was asked for, in order; the image blocks of the result are those of the entries with an image.")]
    IReadOnlyList<MadeImage> Images)
{
    public static MadeImages Of(string job, IEnumerable<SampleUpdate> samples) => new(job, [.. samples.Select(sample => new MadeImage(
        sample.Trajectory, sample.Image?.Id, sample.Image?.Width, sample.Image?.Height, sample.Image?.Seed, sample.Image?.Prompt, sample.Passed, sample.Answer,
        sample.Error))]);
}

/// <summary>One image, or why there is none.</summary>
internal sealed record MadeImage(
    [property: Description("The id of the run's trajectory, for read_trajectory.")] string? Trajectory,
    [property: Description("The image's id, which edit_image and judge_image take; null for no image.")] string? Image,
    [property: Description("Pixels.")] int? Width,
    [property: Description("Pixels.")] int? Height,
    [property: Description("The seed that drew it; null where the generator does not tell.")] long? Seed,
    [property: Description("The prompt that the agent gave to the generator.")] string? Prompt,
    [property: Description("The agent's own verdict on the image; null for none.")] bool? Passed,
    [property: Description("What the agent said at the end.")] string? Answer,
    [property: Description("Why there is no image; null if there is one.")] string? Error);

/// <summary>What a judge says of an image.</summary>
internal sealed record JudgedImage(
    [property: Description("Who judged.")] string Judge,
    [property: Description("How well the image meets the prompt, from 0 to 1; null if the judge could not judge.")] double? Value,
    [property: Description("Whether everything that was asked for is there; null if the judge could not judge.")] bool? Passed,
    [property: Description("Why, in words.")] string? Reason,
    [property: Description("Why the judge could not judge; null if it could.")] string? Error);
