using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>Reads an outcome off a trajectory, fresh or kept.</summary>
internal static class AgentOutcome
{
    public static async Task<SystemOutcome> OfAsync(
        Trajectory trajectory, Func<ImageReference, Task<DataContent>> read, Func<ImageReference, string?>? placeOf = null)
    {
        List<(int Round, string Prompt, ImageReference Image, bool? Passed)> shown = [];
        foreach (var round in trajectory.Rounds)
        {
            // A judgment is about the image that was shown last.
            if (round.Judgment is { } judgment && shown.Count > 0)
                shown[^1] = shown[^1] with { Passed = judgment.Verdict == Verdict.Pass };
            if (round is { Shown: { } at, Generation: { } made })
                shown.Add((round.Index, made.Prompt, round.Images[at], null));
        }

        List<SystemAttempt> attempts = [];
        foreach (var (_, prompt, image, passed) in shown)
            attempts.Add(new(prompt, await read(image), passed) { Place = placeOf?.Invoke(image) });

        var best = trajectory.Answer is { } answer
            ? shown.FindIndex(s => s.Round == answer.Round && string.Equals(s.Image.Id, answer.ImageId, StringComparison.Ordinal)) : -1;
        return new(
            best < 0 ? trajectory.Prompt : attempts[best].SentPrompt,
            best < 0 ? null : attempts[best].Image,
            best < 0 ? $"the run ended without an image ({trajectory.StopReason})" : null)
        {
            Place = best < 0 ? null : attempts[best].Place,
            Declined = trajectory.StopReason == StopReason.Declined,
            Agent = AgentConduct.Of(trajectory),
            Attempts = attempts,
        };
    }
}
