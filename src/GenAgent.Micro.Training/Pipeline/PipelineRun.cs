namespace GenAgent.Micro.Training.Pipeline;

/// <summary>A step that is about to run, with how far the pipeline is. Immutable.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Number">The step's number among all steps, from 1.</param>
/// <param name="Total">All steps.</param>
/// <param name="Command">The arguments of <c>genagent</c>.</param>
/// <param name="Left">About how long this and all later steps take.</param>
public sealed record PipelineProgress(string Stage, int Number, int Total, IReadOnlyList<string> Command, TimeSpan Left);

/// <summary>
/// Runs a pipeline's steps in order and stops at the first that fails. Started again, it skips the steps that it finished, until one has to run: that one
/// and all later ones resume by themselves, or end at once if nothing changed.
/// </summary>
/// <param name="pipeline">The steps.</param>
/// <param name="onDisk">Where they read and write, as whole paths.</param>
/// <param name="places">The same as the commands name them.</param>
/// <param name="time">Measures them.</param>
public sealed class PipelineRun(TrainingPipeline pipeline, PipelinePlaces onDisk, PipelinePlaces places, TimeProvider time)
{
    private readonly List<(string Stage, PipelineStep Step, IReadOnlyList<string> Command)> _steps =
        [.. pipeline.Stages.SelectMany(stage => stage.Steps.Select(step => (stage.Name, step, step.Command(places))))];

    /// <summary>Changes each command before it is used; null leaves them as they are.</summary>
    public Func<IReadOnlyList<string>, IReadOnlyList<string>>? Change { get; init; }

    /// <summary>The commands from a stage on.</summary>
    /// <param name="from">The stage; null for the first.</param>
    /// <returns>The arguments of <c>genagent</c>, a list each.</returns>
    /// <exception cref="ArgumentException">There is no such stage.</exception>
    public IReadOnlyList<IReadOnlyList<string>> Commands(string? from) => [.. _steps.Skip(First(from)).Select(step => Changed(step.Command))];

    /// <summary>Runs.</summary>
    /// <param name="from">The stage to begin with; what earlier stages wrote must be there. Null for the first.</param>
    /// <param name="log">What is finished already.</param>
    /// <param name="progress">Told of each step before it runs.</param>
    /// <param name="execute">Runs a command; returns its exit code.</param>
    /// <returns>0, or the exit code of the step that failed.</returns>
    /// <exception cref="ArgumentException">There is no such stage, or what an earlier stage writes is missing.</exception>
    public async Task<int> RunAsync(string? from, PipelineLog log, IProgress<PipelineProgress> progress, Func<IReadOnlyList<string>, Task<int>> execute)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentNullException.ThrowIfNull(execute);
        var first = First(from);
        RequireOutputs(first);
        var skips = true;
        for (var i = first; i < _steps.Count; i++)
        {
            var (stage, step, _) = _steps[i];
            var command = Changed(_steps[i].Command);
            skips = skips && log.SecondsOf(command) is not null && IsThere(step);
            if (skips) continue;
            progress.Report(new(stage, i + 1, _steps.Count, command, Left(i, log)));
            var started = time.GetUtcNow();
            var code = await execute(command);
            await log.AddAsync(new(stage, command, started, (time.GetUtcNow() - started).TotalSeconds, code == 0));
            if (code != 0) return code;
        }

        return 0;
    }

    private IReadOnlyList<string> Changed(IReadOnlyList<string> command) => Change is null ? command : Change(command);

    private int First(string? from)
    {
        if (from is null) return 0;
        var first = _steps.FindIndex(step => string.Equals(step.Stage, from, StringComparison.Ordinal));
        return first >= 0
            ? first
            : throw new ArgumentException(
                $"There is no stage \"{from}\"; there are {string.Join(", ", pipeline.Stages.Select(stage => stage.Name))}.", nameof(from));
    }

    private void RequireOutputs(int first)
    {
        var written = _steps.Take(first).Select(step => step.Step.Out).ToHashSet(StringComparer.Ordinal);
        var missing = _steps.Skip(first).SelectMany(step => step.Step.Uses)
            .FirstOrDefault(name => written.Contains(name) && !Directory.Exists(onDisk.Run(name)));
        if (missing is not null)
            throw new ArgumentException($"{places.Run(missing)} is missing, which an earlier stage writes: begin with that stage.", nameof(first));
    }

    private bool IsThere(PipelineStep step) => Directory.Exists(step is CopyStep copy ? Path.Combine(onDisk.Models, copy.To) : onDisk.Run(step.Out));

    // The estimates of the file, scaled by what the finished steps took.
    private TimeSpan Left(int from, PipelineLog log)
    {
        var finished = _steps.Select(step => (step.Step.Minutes, Seconds: log.SecondsOf(Changed(step.Command))))
            .Where(step => step is { Minutes: > 0, Seconds: not null }).ToList();
        var expected = finished.Sum(step => step.Minutes * 60);
        var scale = expected > 0 ? finished.Sum(step => step.Seconds!.Value) / expected : 1;
        return TimeSpan.FromMinutes(_steps.Skip(from).Sum(step => step.Step.Minutes) * scale);
    }
}
