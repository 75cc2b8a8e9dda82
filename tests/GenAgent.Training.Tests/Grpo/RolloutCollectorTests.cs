using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Seeds;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Tests.Synthesis;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>Failures of the servers behind rollouts.</summary>
public sealed class RolloutCollectorTests : IDisposable
{
    private static readonly RunManifest DecidedBy = new("rollouts", 1, new Dictionary<string, string?>());

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Does something with a collector whose generator fails.</summary>
    private async Task<T> CollectAsync<T>(Exception failure, Func<RolloutCollector, Task<T>> collect)
    {
        using var model = new SynthesisWorld.Teacher().Begin(null!);
        using var painter = new SynthesisWorld.Painter { Failure = failure };
        using var agent = new ImageAgent(model, painter, new ImageAgentOptions { Width = 16, Height = 16 });
        var rubric = new Rubric(KnownRewards.PaperWeights, new SynthesisWorld.Judge());
        GrpoOptions options = new() { Prompts = 1, Rollouts = 2, Kept = 2, MaxGroups = 1 };
        return await collect(new(agent, new SynthesisWorld.Prompts(), rubric, options, _folder.Path, SeedPath.FromRoot(1), TimeProvider.System));
    }

    [Fact]
    public async Task A_refused_key_ends_the_step_instead_of_excluding_every_rollout()
    {
        var refused = new BackendAuthenticationException("The server does not know this key.");

        (await Should.ThrowAsync<RunStoppedException>(() => CollectAsync(refused, one => one.CollectAsync(0, DecidedBy, Cancelled))))
            .InnerException.ShouldBe(refused);

        // A worker gives its tasks back for this.
        (await Should.ThrowAsync<BackendAuthenticationException>(() => CollectAsync(refused, one => one.MakeSharedAsync("step-0/group-0/0", Cancelled))))
            .ShouldBe(refused);
    }

    [Fact]
    public async Task A_generator_that_failed_leaves_a_rollout_that_does_not_count()
    {
        var step = await CollectAsync(new BackendUnavailableException("The server is away."), one => one.CollectAsync(0, DecidedBy, Cancelled));

        step.Groups.ShouldBeEmpty();
        step.Tried.ShouldHaveSingleItem().Rollouts.ShouldAllBe(rollout => rollout.Failure!.Contains("The server is away."));
    }
}
