using System.Globalization;
using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
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
/// A rollout whose judge, generator or server failed does not count, and is counted; a refused key ends the step.
/// </summary>
/// <param name="agent">The agent, with the policy as its model.</param>
/// <param name="prompts">What it practises on.</param>
/// <param name="rubric">What a rollout earns.</param>
/// <param name="options">How many, at which temperature.</param>
/// <param name="folder">The folder that holds one folder a step.</param>
/// <param name="seeds">The root of all seeds.</param>
/// <param name="clock">For the figures of time alone.</param>
public sealed class RolloutCollector(
    ImageAgent agent, ISynthesisPrompts prompts, Rubric rubric, GrpoOptions options, string folder, SeedPath seeds, TimeProvider clock)
    : IRolloutSource
{
    /// <summary>Is told what the user of a shared run should know; null for nobody.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Shares each step's rollouts with workers whose agents sample from the same engine; null for rollouts by this process alone.</summary>
    public RunSharing? Sharing { get; init; }

    private readonly RolloutOptions _running = new() { Concurrency = options.Concurrency, Noun = "rollouts" };

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The step's folder holds rollouts that something else decided.</exception>
    /// <exception cref="RunStoppedException">A backend failed in a way that is no rollout's own; what was made stays.</exception>
    /// <exception cref="IOException">The rollouts could not be written.</exception>
    public async Task<StepRollouts> CollectAsync(long index, RunManifest decidedBy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(decidedBy);
        var started = clock.GetTimestamp();
        await using var store = await RolloutStore.OpenAsync(FolderOf(index), decidedBy, cancellationToken);
        await using var shared = Sharing is null ? null : await Sharing.OpenAsync(
            FolderOf(index), decidedBy, store, (key, result) => Task.FromResult(Dated(KeptRollout.Of(key, result), index)), MakeSharedAsync,
            notice: Notice, cancellationToken: cancellationToken);
        using var runner = new RolloutRunner<RolloutTask, KeptRollout>(
            shared is null ? RolloutAsync : (task, cancelled) => shared.MakeAsync(task.Key, cancelled), shared ?? (IOutcomeStore<KeptRollout>)store,
            shared?.RunnerOptions(_running.Noun) ?? _running, clock);
        List<RolloutGroup> tried = [];
        var judging = TimeSpan.Zero;
        while (tried.Count(group => !group.IsConstant) is var useful && useful < options.Prompts && tried.Count < options.GroupLimit)
        {
            var wave = Math.Min(options.Prompts - useful, options.GroupLimit - tried.Count);
            var tasks = Enumerable.Range(tried.Count, wave).Select(group => TasksOf(index, group)).ToList();
            Dictionary<string, KeptRollout> made = new(StringComparer.Ordinal);
            var totals = await runner.RunAsync(tasks.SelectMany(group => group), finished => Take(made, finished), cancellationToken: cancellationToken);
            totals.ThrowIfIncomplete(_running.Noun);
            tried.AddRange(tasks.Select(group => new RolloutGroup(group[0].Prompt, [.. group.Select(task => made[task.Key].Of(task.Prompt))])));
            judging += made.Values.Aggregate(TimeSpan.Zero, (sum, rollout) => sum + rollout.JudgeTime);
        }

        shared?.Complete();
        GroupPage.Write(FolderOf(index), tried);
        DeleteOld(index);
        return new StepRollouts([.. tried.Where(group => !group.IsConstant)], tried, clock.GetElapsedTime(started).TotalSeconds, judging.TotalSeconds);
    }

    /// <summary>The result of a task of a shared step, for its owner.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The judged rollout with its images.</returns>
    /// <exception cref="BackendAuthenticationException">The model's server or the generator refuses the key.</exception>
    /// <exception cref="InvalidDataException">It is no key of a rollout of these options.</exception>
    public async Task<ReadOnlyMemory<byte>> MakeSharedAsync(string key, CancellationToken cancellationToken)
    {
        var (step, group, sample) = RolloutTask.Parse(key);
        if (group >= options.GroupLimit || sample >= options.Rollouts) throw new InvalidDataException($"\"{key}\" is no rollout of these options.");
        return (await RolloutAsync(TasksOf(step, group)[sample], cancellationToken)).Write();
    }

    // A worker's engine may have missed an update: such a rollout is not of this step.
    private KeptRollout Dated(KeptRollout made, long step)
    {
        var (oldest, newest) = (options.OldestVersion(step), step * options.Updates);
        if (made.Trajectory.Excluded is not null || RolloutVersions.AreWithin(made.Trajectory, oldest, newest)) return made;
        var named = string.Join(", ", (made.Trajectory.Trace?.Turns ?? []).Select(turn => turn.PolicyVersion).Distinct(StringComparer.Ordinal));
        var wanted = oldest == newest ? $"{newest}" : $"{Math.Max(oldest, 0)} to {newest}";
        return made with { Trajectory = made.Trajectory with { Excluded = $"sampled by weights of version {named}, but step {step} needs {wanted}" } };
    }

    private static ValueTask Take(Dictionary<string, KeptRollout> made, FinishedTask<RolloutTask, KeptRollout> finished)
    {
        if (finished.Outcome is { } rollout) made[finished.Task.Key] = rollout;
        return ValueTask.CompletedTask;
    }

    private string FolderOf(long step) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"step-{step:D7}"));

    private RolloutTask[] TasksOf(long step, int group)
    {
        var seed = seeds.Child("step", step).Child("group", group);
        var prompt = prompts.Draw((step * options.GroupLimit) + group, seed.Child("prompt"));
        return [.. Enumerable.Range(0, options.Rollouts).Select(sample => new RolloutTask(step, group, sample, prompt, seed.Child("sample", sample)))];
    }

    private async Task<KeptRollout> RolloutAsync(RolloutTask task, CancellationToken cancellationToken)
    {
        var about = new TrajectoryTask { Key = task.Key, PromptId = task.Prompt.Id, Category = task.Prompt.Category, Sample = task.Sample };
        var result = await agent.RolloutAsync(new AgentRequest(task.Prompt.Text) { Id = task.Key, Seed = task.Seed, Task = about }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();

        // It refuses every rollout: nothing would be left to learn from.
        if ((result.Error ?? result.GeneratorError) is BackendAuthenticationException refused) throw refused;
        DataContent[] shown = [.. result.Attempts.Where(attempt => attempt.Number > 0).OrderBy(attempt => attempt.Number).Select(attempt => attempt.Image)];
        var started = clock.GetTimestamp();
        var trajectory = await JudgeAsync(task.Prompt, result.Trajectory, shown, cancellationToken);
        return new KeptRollout(trajectory, shown) { Images = result.Images, JudgeTime = clock.GetElapsedTime(started) };
    }

    private async Task<Trajectory> JudgeAsync(
        SynthesisPrompt prompt, Trajectory trajectory, IReadOnlyList<DataContent> shown, CancellationToken cancellationToken)
    {
        // What the policy could do nothing about is no reward of 0.
        if (trajectory.BackendFailure is { } failure) return trajectory with { Excluded = failure };
        try
        {
            return await rubric.JudgeAsync(prompt, trajectory, shown, cancellationToken);
        }
        catch (RewardFailedException failed)
        {
            return trajectory with { Excluded = failed.Message };
        }
    }

    private void DeleteOld(long step)
    {
        var old = FolderOf(step - options.KeepRollouts);
        if (step >= options.KeepRollouts && Directory.Exists(old)) Directory.Delete(old, recursive: true);
    }
}
