using System.Runtime.CompilerServices;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>Replays a stored trajectory as events.</summary>
public static class StoredEvents
{
    /// <summary>Returns the events in order, with images read from the folder; missing or damaged images are empty.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <param name="folder">Where its images are.</param>
    /// <param name="cancellationToken">Stops the enumeration.</param>
    /// <returns>The events that a watcher of the run would have seen, without progress and pieces of text.</returns>
    public static async IAsyncEnumerable<AgentEvent> OfAsync(
        Trajectory trajectory, TrajectoryFolder folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = trajectory.Id;
        yield return new RunStartedEvent(id, trajectory.Prompt);
        foreach (var round in trajectory.Rounds)
        {
            if (round.Judgment is { } judgment)
            {
                yield return new JudgmentEvent(id, round.Index, judgment);
            }

            if (round.Thought is { } thought)
            {
                yield return new ThoughtEvent(id, round.Index, thought);
            }

            if (round is { Call: { } call, CallWasMade: true })
            {
                yield return new CallEvent(id, round.Index, call);
            }

            if (round.ToolText is { } told)
            {
                yield return new ToolTextEvent(id, round.Index, told);
            }

            for (var candidate = 0; candidate < round.Images.Count; candidate++)
            {
                yield return new ImageEvent(
                    id, round.Index, candidate, await ReadAsync(folder, round.Images[candidate], cancellationToken), round.Images[candidate]);
            }

            foreach (var fault in round.Faults)
            {
                yield return new FaultEvent(id, round.Index, fault);
            }

            if (round.Answer is { } answer)
            {
                yield return new AnswerEvent(id, round.Index, answer);
            }
        }

        yield return new RunCompletedEvent(id, Math.Max(0, trajectory.Rounds.Count - 1), new AgentResult(trajectory, [], null));
    }

    // Show the run even if an image is missing or damaged.
    private static async Task<DataContent> ReadAsync(TrajectoryFolder folder, ImageReference image, CancellationToken cancellationToken)
    {
        try
        {
            return await folder.ReadImageAsync(image, cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return new DataContent(ReadOnlyMemory<byte>.Empty, image.MediaType);
        }
    }
}
