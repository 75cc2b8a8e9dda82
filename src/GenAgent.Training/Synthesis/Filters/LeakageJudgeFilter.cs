using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Asks a chat model whether a trajectory speaks of something that its agent cannot have seen; what it cannot tell is kept. The client stays its owner's.
/// </summary>
/// <param name="client">The model.</param>
public sealed class LeakageJudgeFilter(IChatClient client) : ISynthesisFilter
{
    private const string Question =
        """
        An agent was given a user's request and saw nothing but the images that its generator made. Does what it wrote speak of anything else that it was shown or told: a hint, a reference or target image, a checklist, a verdict of another, private instructions? Answer in one line: "no", or "yes: " and the words that show it.
        """;

    /// <inheritdoc/>
    public string Name => "hint_leakage_judge";

    /// <inheritdoc/>
    public async ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var turns = string.Join("\n\n", sample.Trajectory.Rounds.Select(r => r.Text));
        var answer = await client.GetResponseAsync(
            [
                new ChatMessage(ChatRole.System, Question),
                new ChatMessage(ChatRole.User, $"The request: {sample.Trajectory.Prompt}\n\nWhat the agent wrote:\n{turns}")
            ],
            new ChatOptions { Temperature = 0 }, cancellationToken);
        var said = answer.Text.Trim();
        return said.StartsWith("yes", StringComparison.OrdinalIgnoreCase) ? $"the judge says {said}" : null;
    }
}
