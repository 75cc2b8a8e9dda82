using System.Globalization;
using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Seeds;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>How far synthesis is.</summary>
/// <param name="Done">Trajectories that are there, those of earlier runs included.</param>
/// <param name="Total">Trajectories in all.</param>
/// <param name="Passed">Of those of this run, how many ended with an image that the judge passed.</param>
public sealed record SynthesisProgress(int Done, int Total, int Passed);

/// <summary>
/// Makes training trajectories: the agent's own loop with a teacher in its model's place, every shown image judged. What is done is in the
/// folder at once; a run that was killed goes on where it stopped. Every trajectory depends on its index and the root seed alone, so that
/// neither concurrency nor a restart changes it; lines stand in the order in which they were finished.
/// </summary>
/// <param name="teacher">Who writes the turns.</param>
/// <param name="generator">Who makes the images; it stays its owner's.</param>
/// <param name="judge">Who judges them.</param>
/// <param name="prompts">What is asked for.</param>
/// <param name="options">How.</param>
/// <param name="generatorName">What stands in the manifest for the generator.</param>
/// <param name="mask">Blots secrets out of what is kept; null for the forms that are known.</param>
public sealed class Synthesizer(ITeacher teacher, IImageGenerator generator, IJudge judge, ISynthesisPrompts prompts, SynthesisOptions options, string generatorName, SecretMask? mask = null)
{
    private readonly SeedPath _seeds = SeedPath.FromRoot(options.Seed).Child("synthesis");
    private readonly StillTime _time = new();
    private readonly ImageAgentOptions _agent = new() { Instructions = options.Instructions, MaxRounds = options.Rounds, Steps = options.Steps };

    /// <summary>Makes what the folder lacks of the first <see cref="SynthesisOptions.Count"/> trajectories, and returns how many it made.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="concurrency">Trajectories under way at once, 1 or more; changes no result.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellationToken">Stops; what is done stays, what is under way is made anew the next time.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the folder holds data that was made otherwise.</exception>
    /// <exception cref="BackendException">Teacher, generator or judge failed; what was done before stays.</exception>
    public async Task<int> RunAsync(string folder, int concurrency = 8, IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        SynthesisOptions.Validate(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        new SynthesisManifest(teacher.Name, generatorName, judge.Name, prompts.Name, options).TakeUp(folder);
        await using var store = await TrajectoryStore.OpenAsync(folder, mask, cancellationToken);
        HashSet<long> done = [];
        await foreach (var trajectory in store.ReadAllAsync(cancellationToken))
            done.Add(new SynthesisSample(trajectory).Index);

        var (there, made, passed) = (done.Count(i => i < options.Count), 0, 0);
        progress?.Report(new(there, options.Count, 0));
        var open = Enumerable.Range(0, options.Count).Where(i => !done.Contains(i));
        await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken }, async (index, cancelled) =>
        {
            var result = await MakeAsync(index, cancelled);
            await store.AppendAsync(result.Trajectory, result.Images, cancelled);
            if (new SynthesisSample(result.Trajectory).Attempts is [.., (_, { Passed: true })])
                Interlocked.Increment(ref passed);
            progress?.Report(new(there + Interlocked.Increment(ref made), options.Count, Volatile.Read(ref passed)));
        });
        return made;
    }

    /// <summary>The trajectory of an index, with its images; kept nowhere.</summary>
    internal async Task<AgentResult> MakeAsync(long index, CancellationToken cancellationToken)
    {
        var seed = _seeds.Child("trajectory", index);
        var prompt = prompts.Draw(index, seed.Child("prompt"));
        var firstTry = options.FirstTryOf((seed.Child("first").Value >> 11) * (1.0 / (1UL << 53)));
        using var client = new FirstTryClient(teacher.Begin(prompt), firstTry, prompt.Text, seed.Child("worse"));

        // Disposing of the agent would dispose of the generator, which is not ours.
        var agent = new ImageAgent(client, generator, _agent, timeProvider: _time);
        var result = await agent.RolloutAsync(
            new AgentRequest(prompt.Text) { Id = string.Create(CultureInfo.InvariantCulture, $"synth-{index:D7}"), Seed = seed, Labels = Labels(index, prompt, firstTry) }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Error is { } error)
            throw new BackendUnavailableException($"The teacher failed in trajectory {index}: {error.Message}", error);

        // A failure that another run would not have is no part of the data.
        if (result.Trajectory.Faults.FirstOrDefault(f => f.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage) is { } failure)
            throw new BackendUnavailableException($"The generator failed in trajectory {index}: {failure.Message} What is done is kept: the same call goes on.");
        return result with { Trajectory = result.Trajectory with { Rewards = await JudgeAsync(prompt, result, cancellationToken) } };
    }

    private static Dictionary<string, string> Labels(long index, SynthesisPrompt prompt, FirstTry firstTry) => new(StringComparer.Ordinal)
    {
        [SynthesisSample.IndexLabel] = index.ToString(CultureInfo.InvariantCulture),
        [SynthesisSample.PromptLabel] = prompt.Id,
        [SynthesisSample.CategoryLabel] = prompt.Category,
        [SynthesisSample.FirstTryLabel] = $"{(prompt.Drawable ? firstTry : FirstTry.Planned)}",
        [SynthesisSample.LearnFromLabel] = prompt.Drawable && firstTry != FirstTry.Planned ? "1" : "0",
        [SynthesisSample.DrawableLabel] = prompt.Drawable ? "yes" : "no",
    };

    private async Task<Dictionary<string, double>> JudgeAsync(SynthesisPrompt prompt, AgentResult result, CancellationToken cancellationToken)
    {
        Dictionary<string, double> rewards = new(StringComparer.Ordinal);
        foreach (var attempt in result.Attempts)
        {
            if (await judge.JudgeAsync(new JudgeRequest(prompt.Text, attempt.Image, prompt.Constraints), cancellationToken) is Score score)
                new AttemptScore(score.Value, score.Passed).Write(rewards, attempt.Number);
        }

        return rewards;
    }
}
