using System.Runtime.CompilerServices;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>Rollouts that were made elsewhere, as by an agent of another program through <c>genagent gateway</c>.</summary>
public static class RecordedRollouts
{
    /// <summary>Reads the rollouts of a folder of trajectories. One without a reward does not count: a missing reward is never filled in.</summary>
    /// <param name="folder">The folder, which another process may be writing to.</param>
    /// <param name="wanted">Chooses, before images are read; null for all.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The rollouts, in the order of their ends.</returns>
    /// <exception cref="InvalidDataException">A line is no trajectory, or an image is not what its name says.</exception>
    /// <exception cref="FileNotFoundException">An image is not there.</exception>
    public static async IAsyncEnumerable<Rollout> ReadAsync(
        TrajectoryFolder folder, Func<Trajectory, bool>? wanted = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        await foreach (var trajectory in folder.ReadAllAsync(badLine: null, cancellationToken))
        {
            if (wanted?.Invoke(trajectory) == false) continue;
            List<DataContent> images = [];
            foreach (var image in trajectory.OriginalImages.Concat(trajectory.Rounds.SelectMany(round => round.ShownImages)))
            {
                images.Add(await folder.ReadImageAsync(image, cancellationToken));
            }

            yield return Bare(trajectory) with { Images = images };
        }
    }

    /// <summary>A rollout without its images.</summary>
    internal static Rollout Bare(Trajectory trajectory)
    {
        var prompt = new SynthesisPrompt(trajectory.Task?.PromptId ?? trajectory.Id, trajectory.Task?.Category ?? string.Empty, trajectory.Prompt);
        return new(prompt, trajectory, [], trajectory.Excluded ?? (trajectory.Reward is null ? "no reward was posted" : null));
    }
}
