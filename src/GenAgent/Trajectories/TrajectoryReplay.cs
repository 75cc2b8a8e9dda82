using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Tools;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories;

/// <summary>Makes a trajectory's images again, from the prompts and seeds that it recorded.</summary>
public static class TrajectoryReplay
{
    /// <summary>Makes each image again, one after the other, and compares it with the recorded one.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <param name="folder">Where its images lie.</param>
    /// <param name="generator">The generator that made them.</param>
    /// <param name="tools">The generators of other tools, by the name that the model called; null for none.</param>
    /// <param name="cancellationToken">Ends the replay.</param>
    /// <returns>One entry an image, also for those that could not be made again.</returns>
    public static async IAsyncEnumerable<ReplayedImage> ReplayAsync(
        Trajectory trajectory, TrajectoryFolder folder, IImageGenerator generator, IReadOnlyDictionary<string, IImageGenerator>? tools = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        ArgumentNullException.ThrowIfNull(folder);
        var originals = new List<DataContent>();
        foreach (var original in trajectory.OriginalImages)
        {
            originals.Add(await folder.ReadImageAsync(original, cancellationToken));
        }

        var given = trajectory.Mask is { } mask
            ? new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, await folder.ReadImageAsync(mask, cancellationToken))
            : null;

        foreach (var round in trajectory.Rounds)
        {
            foreach (var recorded in round.Images)
            {
                var replayed = new ReplayedImage(round.Index, recorded);
                yield return recorded.Seed is { } seed && round.Generation is { } generation
                    ? Unwritten(generation) is { } lost
                        ? replayed with
                        {
                            Problem = $"The generator was given \"{lost}\" as an object, which cannot be written down, so that this image cannot be made again."
                        }
                        : await MakeAsync(replayed, generation, seed, round.Call?.Name)
                    : replayed with { Problem = "The generator did not tell which seed drew this image, so that it cannot be made again." };
            }
        }

        static string? Unwritten(Generation generation) => generation.Settings?.FirstOrDefault(setting => setting.Value is null).Key;

        async Task<ReplayedImage> MakeAsync(ReplayedImage replayed, Generation generation, long seed, string? tool)
        {
            IReadOnlyList<DataContent> start = originals;
            if (generation.Edited is { } id)
            {
                if (trajectory.AllImages.FirstOrDefault(image => image.Id.Equals(id, StringComparison.Ordinal)) is not { } edited)
                {
                    return replayed with { Problem = $"The image that was edited ({id}) is none of the trajectory's." };
                }

                start = [await folder.ReadImageAsync(edited, cancellationToken)];
            }

            var maker = new ImageMaker(tool is not null && tools?.GetValueOrDefault(tool) is { } other ? other : generator, new ImageAgentOptions());
            var outcome = await maker.MakeAsync(generation, seed, start, generation.Edited is null ? given : null, progress: null, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (outcome.Image is not { } image)
            {
                return replayed with { Problem = outcome.Fault!.Message };
            }

            var before = await folder.ReadImageAsync(replayed.Recorded, cancellationToken);
            var difference = ImageComparison.MaxDifference(before.Data, image.Data);
            return replayed with
            {
                Image = image,
                MaxDifference = difference,
                Problem = difference is null ? "The image has another size than the recorded one." : null
            };
        }
    }
}

/// <summary>An image that was made again, or why it was not.</summary>
/// <param name="Round">The round that it belongs to.</param>
/// <param name="Recorded">The image as it was recorded.</param>
public sealed record ReplayedImage(int Round, ImageReference Recorded)
{
    /// <summary>The new image; null when there is none.</summary>
    public DataContent? Image { get; init; }

    /// <summary>The largest difference between the two over all pixels and channels, in [0, 1]; null when they cannot be compared.</summary>
    public double? MaxDifference { get; init; }

    /// <summary>Why there is no new image, or no comparison; null when there are both.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether the two are the same to within 1/255.</summary>
    public bool IsSame => MaxDifference <= 1.0 / byte.MaxValue;
}
