using System.Collections.Concurrent;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Seeds;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>The rollouts of one training step.</summary>
/// <param name="Groups">The groups that teach something, in the order of their tasks.</param>
/// <param name="Tried">All groups that were made, the dropped ones included.</param>
/// <param name="Seconds">Wall-clock seconds that sampling, painting and judging took together.</param>
/// <param name="JudgeSeconds">The sum over the rollouts of the seconds that judging took.</param>
public sealed record StepRollouts(IReadOnlyList<RolloutGroup> Groups, IReadOnlyList<RolloutGroup> Tried, double Seconds, double JudgeSeconds);

/// <summary>
/// Makes the rollouts of a step through the agent's own loop: G' of each prompt, all at once; groups without variance are dropped and replaced by other
/// prompts, wave by wave, up to a bound. What is finished lies in the step's folder at once, rewards included, and is not made again after a restart.
/// A rollout whose judge, generator or server failed does not count, and is counted.
/// </summary>
/// <param name="agent">The agent, with the policy as its model.</param>
/// <param name="prompts">What it practises on.</param>
/// <param name="rubric">What a rollout earns.</param>
/// <param name="options">How many, at which temperature.</param>
/// <param name="folder">The folder that holds one folder a step.</param>
/// <param name="seeds">The root of all seeds.</param>
/// <param name="clock">For the figures of time alone.</param>
public sealed class RolloutCollector(ImageAgent agent, ISynthesisPrompts prompts, Rubric rubric, GrpoOptions options, string folder, SeedPath seeds, TimeProvider clock)
{
    /// <summary>Told of every rollout that is finished: how many of the step are there, and how many it may take at the most.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Makes the rollouts of a step, or reads those that are there.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="cancellationToken">Stops; finished rollouts stay.</param>
    /// <exception cref="IOException">The rollouts could not be written.</exception>
    public async Task<StepRollouts> CollectAsync(long step, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        await using var store = await TrajectoryStore.OpenAsync(FolderOf(step), cancellationToken: cancellationToken);
        var there = new Dictionary<string, Trajectory>(StringComparer.Ordinal);
        await foreach (var trajectory in store.ReadAllAsync(cancellationToken)) there[trajectory.Id] = trajectory;
        using var room = new SemaphoreSlim(options.Concurrency);
        var work = new StepWork(step, store, there, room);
        List<RolloutGroup> tried = [];
        while (tried.Count(group => !group.IsConstant) is var useful && useful < options.Prompts && tried.Count < options.GroupLimit)
        {
            var wave = Math.Min(options.Prompts - useful, options.GroupLimit - tried.Count);
            tried.AddRange(await Task.WhenAll(Enumerable.Range(tried.Count, wave).Select(group => GroupAsync(work, group, cancellationToken))));
        }

        GroupPage.Write(FolderOf(step), tried);
        DeleteOld(step);
        return new StepRollouts([.. tried.Where(group => !group.IsConstant)], tried, clock.GetElapsedTime(started).TotalSeconds, work.JudgeSeconds);
    }

    private string FolderOf(long step) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"step-{step:D7}"));

    private async Task<RolloutGroup> GroupAsync(StepWork work, int group, CancellationToken cancellationToken)
    {
        var seed = seeds.Child("step", work.Step).Child("group", group);
        var task = prompts.Draw((work.Step * options.GroupLimit) + group, seed.Child("prompt"));
        return new RolloutGroup(task, await Task.WhenAll(Enumerable.Range(0, options.Rollouts).Select(sample => RolloutAsync(work, task, group, sample, seed.Child("sample", sample), cancellationToken))));
    }

    private async Task<Rollout> RolloutAsync(StepWork work, SynthesisPrompt task, int group, int sample, SeedPath seed, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"step-{work.Step}/group-{group}/{sample}");
        await work.Room.WaitAsync(cancellationToken);
        try
        {
            if (work.There.TryGetValue(id, out var stored)) return await ReadAsync(work.Store, task, stored, cancellationToken);
            var about = new TrajectoryTask { Key = id, PromptId = task.Id, Category = task.Category, Sample = sample };
            var result = await agent.RolloutAsync(new AgentRequest(task.Text) { Id = id, Seed = seed, Task = about }, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var rollout = await JudgeAsync(work, task, result, cancellationToken);
            await work.Store.AppendAsync(rollout.Trajectory, result.Images, cancellationToken);
            Progress?.Invoke(work.Finished(), options.GroupLimit * options.Rollouts);
            return rollout;
        }
        finally
        {
            work.Room.Release();
        }
    }

    private async Task<Rollout> JudgeAsync(StepWork work, SynthesisPrompt task, AgentResult result, CancellationToken cancellationToken)
    {
        var trajectory = result.Trajectory;
        DataContent[] images = [.. result.Attempts.Where(attempt => attempt.Number > 0).OrderBy(attempt => attempt.Number).Select(attempt => attempt.Image)];
        if (BackendFailure(trajectory) is { } failure) return Failed(task, trajectory, images, failure);
        var started = clock.GetTimestamp();
        try
        {
            return new Rollout(task, await rubric.JudgeAsync(task, trajectory, images, cancellationToken), images, null);
        }
        catch (RewardFailedException failed)
        {
            return Failed(task, trajectory, images, failed.Message);
        }
        finally
        {
            work.Judged(clock.GetElapsedTime(started));
        }
    }

    // What the policy could do nothing about is no reward of 0.
    private static string? BackendFailure(Trajectory trajectory) => trajectory.StopReason == StopReason.ModelFailed
        ? $"the model failed: {trajectory.Error}"
        : trajectory.Faults.FirstOrDefault(fault => fault.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage)?.Message;

    private static Rollout Failed(SynthesisPrompt task, Trajectory trajectory, IReadOnlyList<DataContent> images, string failure)
    {
        return new Rollout(task, trajectory with { Excluded = failure }, images, failure);
    }

    private static async Task<Rollout> ReadAsync(TrajectoryStore store, SynthesisPrompt task, Trajectory trajectory, CancellationToken cancellationToken)
    {
        var images = new List<DataContent>();
        foreach (var round in trajectory.Rounds.Where(round => round.Shown is not null)) images.Add(await store.ReadImageAsync(round.Images[round.Shown!.Value], cancellationToken));
        return new Rollout(task, trajectory, images, trajectory.Excluded);
    }

    private void DeleteOld(long step)
    {
        var old = FolderOf(step - options.KeepRollouts);
        if (step >= options.KeepRollouts && Directory.Exists(old)) Directory.Delete(old, recursive: true);
    }

    private sealed class StepWork(long step, TrajectoryStore store, IReadOnlyDictionary<string, Trajectory> there, SemaphoreSlim room)
    {
        private readonly ConcurrentBag<double> _judged = [];
        private int _finished = there.Count;

        public long Step => step;

        public TrajectoryStore Store => store;

        public IReadOnlyDictionary<string, Trajectory> There => there;

        public SemaphoreSlim Room => room;

        public double JudgeSeconds => _judged.Sum();

        public void Judged(TimeSpan time) => _judged.Add(time.TotalSeconds);

        public int Finished() => Interlocked.Increment(ref _finished);
    }
}
