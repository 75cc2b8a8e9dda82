using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Judging;
using GenAgent.Protocol;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.JudgeChecks;

/// <summary>
/// An agent as a judge: the image comes back from its own tool, and its verdict in the loop is the judgment. The model stays its owner's; safe to use from many
/// tasks.
/// </summary>
/// <param name="chat">The agent's model.</param>
/// <param name="options">How it runs; null for the defaults.</param>
/// <param name="name">Its name in reports.</param>
public sealed class AgentJudge(IChatClient chat, ImageAgentOptions? options = null, string name = "agent") : IJudge
{
    /// <inheritdoc/>
    public string Name => $"verdict of {name}";

    /// <inheritdoc/>
    public async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var agent = new ImageAgent(chat, new OneImage(request.Image), (options ?? new()) with { MaxRounds = 1 });
        var result = await agent.RolloutAsync(new AgentRequest(request.Prompt) { Seed = SeedPath.FromRoot(0).Child("judge") }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return result.Attempts is [{ Verdict: { } verdict }, ..]
            ? new Score(
                Name, verdict == Verdict.Pass ? 1 : 0, verdict == Verdict.Pass,
                string.Join(' ', result.Trajectory.Rounds.Select(r => r.Judgment?.Text).OfType<string>()))
            : new NoScore(Name, $"the agent gave no verdict ({result.StopReason})");
    }

    private sealed class OneImage(DataContent image) : IImageGenerator
    {
        public Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            var copy = new DataContent(image.Data, image.MediaType);
            return Task.FromResult(new ImageGenerationResponse([options.GetSeed() is { } seed ? copy.WithSeed(seed) : copy]));
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
