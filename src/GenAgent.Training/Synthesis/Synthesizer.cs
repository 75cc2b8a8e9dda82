using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Seeds;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>How far synthesis is.</summary>
/// <param name="Done">Trajectories that are there, those of earlier runs included.</param>
/// <param name="Total">Trajectories in all.</param>
/// <param name="Passed">Of those done, how many ended with an image that the judge passed.</param>
public sealed record SynthesisProgress(int Done, int Total, int Passed)
{
    /// <summary>How long the rest takes at this run's own pace; null before it has made a trajectory.</summary>
    public TimeSpan? Left { get; init; }
}

/// <summary>
/// Makes training trajectories: the agent's own loop with a teacher in its model's place, every shown image judged. What is done is in the
/// folder at once; a killed run is resumed. Every trajectory depends on its index and the root seed alone, so that
/// neither concurrency nor a restart changes it; lines stand in the order in which they were finished.
/// </summary>
/// <param name="teacher">Who writes the turns.</param>
/// <param name="generator">Who makes the images; it stays its owner's.</param>
/// <param name="judge">Who judges them.</param>
/// <param name="prompts">What is asked for.</param>
/// <param name="options">How.</param>
/// <param name="generatorName">What stands in the manifest for the generator.</param>
/// <param name="mask">Blots secrets out of what is kept; null for the forms that are known.</param>
public sealed class Synthesizer(
    ITeacher teacher,
    IImageGenerator generator,
    IJudge judge,
    ISynthesisPrompts prompts,
    SynthesisOptions options,
    string generatorName,
    SecretMask? mask = null)
{
    private const string Noun = "trajectories";

    private readonly SeedPath _seeds = SeedPath.FromRoot(options.Seed).Child("synthesis");
    private readonly StillTime _time = new();
    private readonly ImageAgentOptions _agent = new() { Instructions = options.Instructions, MaxRounds = options.Rounds, Steps = options.Steps };

    /// <summary>What else decides the data, by name, as digests of the teacher's and the judge's models.</summary>
    public IReadOnlyDictionary<string, string?> DecidedBy { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Is told what a user should know, as a line that was cut off; null for nobody.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Shares the run with workers; null for a run by this process alone. Changes no result.</summary>
    public RunSharing? Sharing { get; init; }

    /// <summary>What decides the data.</summary>
    public RunManifest Manifest => SynthesisManifest.Of(teacher.Name, generatorName, judge.Name, prompts.Name, options).With(DecidedBy)
        .WithModel("generator", generator.GetService<ModelSource>());

    /// <summary>Makes what the folder lacks of the first <see cref="SynthesisOptions.Count"/> trajectories, and returns how many it made.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="concurrency">Trajectories under way at once, 1 or more; changes no result.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellationToken">Stops; what is done stays, what is under way is made again the next time.</param>
    /// <returns>How many were made now.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the folder holds data that something else decided.</exception>
    /// <exception cref="RunStoppedException">Teacher, generator or judge failed; what was done before stays.</exception>
    public async Task<int> RunAsync(
        string folder, int concurrency = 8, IProgress<SynthesisProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        SynthesisOptions.Validate(options);
        await using var store = await TrajectoryStore.OpenAsync(folder, mask, cancellationToken);
        if (store.Recovered is { } cut)
        {
            Notice?.Invoke($"{folder}: cut off a line that a killed process left half-written ({cut.Length} bytes); its trajectory is made again.");
        }
        var manifest = Manifest.TakeUp(folder, seedGiven: true, SynthesisManifest.Old, Notice);
        var outcomes = await SynthesisOutcomes.LoadAsync(store, cancellationToken);
        await using var shared = Sharing is null ? null : await Sharing.OpenAsync(
            folder, manifest, outcomes, (key, result) => Task.FromResult(SynthesisOutcome.Of(key, result)), MakeSharedAsync, mask, Notice,
            cancellationToken: cancellationToken);
        var how = shared?.RunnerOptions(Noun) ?? new RolloutOptions { Concurrency = concurrency, Noun = Noun };
        using var runner = new RolloutRunner<SynthesisTask, SynthesisOutcome>(
            shared is null ? async (task, cancelled) => SynthesisOutcome.Of(await MakeAsync(task.Index, cancelled))
                : (task, cancelled) => shared.MakeAsync(task.Key, cancelled),
            shared ?? (IOutcomeStore<SynthesisOutcome>)outcomes, how);
        var passed = 0;
        var totals = await runner.RunAsync(
            Enumerable.Range(0, options.Count).Select(index => new SynthesisTask(index)),
            finished =>
            {
                passed += finished.Outcome is { Passed: true } ? 1 : 0;
                return ValueTask.CompletedTask;
            },
            progress is null ? null : new Counting(done => progress.Report(new(done.Done, done.Total, passed) { Left = done.Left })),
            cancellationToken);
        totals.ThrowIfIncomplete(how.Noun);
        shared?.Complete();
        return totals.Made;
    }

    /// <summary>The result of a task of a shared run, for its owner.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The trajectory with its images, without secrets.</returns>
    /// <exception cref="BackendException">Teacher, generator or judge failed.</exception>
    /// <exception cref="InvalidDataException">It is no key of synthesis.</exception>
    public async Task<ReadOnlyMemory<byte>> MakeSharedAsync(string key, CancellationToken cancellationToken)
    {
        var result = await MakeAsync(SynthesisTask.OfKey(key).Index, cancellationToken);
        return new ResultPackage(null, result.Trajectory, result.Images).Write(mask);
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
            new AgentRequest(prompt.Text) { Id = new SynthesisTask(index).Key, Seed = seed, Task = TaskOf(index, prompt, firstTry) }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Error is { } error)
            throw new BackendUnavailableException($"The teacher failed in trajectory {index}: {error.Message}", error);

        // A failure that another run would not have is no part of the data.
        if (result.Trajectory.Faults.FirstOrDefault(f => f.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage) is { } failure)
            throw new BackendUnavailableException(
                $"The generator failed in trajectory {index}: {failure.Message} What is done is kept: the same call goes on.",
                result.GeneratorError);
        return result with { Trajectory = result.Trajectory with { Rounds = await JudgeAsync(prompt, result, cancellationToken) } };
    }

    private static TrajectoryTask TaskOf(long index, SynthesisPrompt prompt, FirstTry firstTry) => new()
    {
        Key = new SynthesisTask(index).Key,
        Index = index,
        PromptId = prompt.Id,
        Category = prompt.Category,
        MustDecline = !prompt.Drawable,
        FirstTry = prompt.Drawable ? firstTry : FirstTry.Planned,
        LearnFrom = prompt.Drawable && firstTry != FirstTry.Planned ? 1 : 0,
    };

    private async Task<IReadOnlyList<Round>> JudgeAsync(SynthesisPrompt prompt, AgentResult result, CancellationToken cancellationToken)
    {
        List<Round> rounds = [.. result.Trajectory.Rounds];
        foreach (var attempt in result.Attempts)
        {
            var judgment = await judge.JudgeAsync(new JudgeRequest(prompt.Text, attempt.Image, prompt.Constraints), cancellationToken);
            rounds[attempt.Round] = rounds[attempt.Round] with { Judgments = [ImageJudgment.Of(attempt.Candidate, judgment)] };
        }

        return rounds;
    }

    private sealed class Counting(Action<RolloutProgress> report) : IProgress<RolloutProgress>
    {
        public void Report(RolloutProgress value) => report(value);
    }
}
