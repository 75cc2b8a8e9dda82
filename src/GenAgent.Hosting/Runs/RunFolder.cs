using System.Collections.Concurrent;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Running;
using GenAgent.Telemetry;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>
/// The folder that keeps what came of prompts: the trajectory store, and beside it the final image of each prompt under a name that people can read.
/// What <see cref="KeepAsync"/> has returned from survives a killed process, and is found again by <see cref="FindAsync"/>. One process at a time.
/// </summary>
public sealed class RunFolder : IOutcomeStore<PromptOutcome>, IAsyncDisposable
{
    private readonly TrajectoryStore _store;

    // Whose the files are: the name of each, and its prompt's key.
    private readonly ConcurrentDictionary<string, string> _files = new(StringComparer.OrdinalIgnoreCase);

    private IReadOnlyDictionary<string, Trajectory>? _finished;

    private RunFolder(string path, TrajectoryStore store) => (Path, _store) = (path, store);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What a killed process left half-written, and was cut off; null for nothing.</summary>
    public HalfWrittenLine? Recovered => _store.Recovered;

    /// <summary>Opens the folder that the user names, which may hold runs already; else a new one that bears in its name what is asked for.</summary>
    /// <param name="host">Where paths begin, and the date of a new folder.</param>
    /// <param name="named">The folder that the user names; null for none.</param>
    /// <param name="asked">What is asked for.</param>
    /// <param name="secrets">Blots out secrets in what is kept.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <returns>The folder; the caller disposes it.</returns>
    /// <exception cref="RunFolderException">The folder cannot be made or written to, or another process is at work in it.</exception>
    public static Task<RunFolder> OpenAsync(HostEnvironment host, string? named, string asked, SecretMask secrets, CancellationToken cancellationToken) =>
        named is not null
            ? OpenAsync(host.FullPath(named), secrets, cancellationToken)
            : OpenNewAsync(host.FullPath(FileNames.RunFolder(host.Time.GetLocalNow(), asked)), secrets, cancellationToken);

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    /// <param name="path">The folder, as an absolute path.</param>
    /// <param name="secrets">Blots out secrets in what is kept.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The folder; the caller disposes it.</returns>
    /// <exception cref="RunFolderException">The folder cannot be made or written to, or another process is at work in it.</exception>
    public static async Task<RunFolder> OpenAsync(string path, SecretMask secrets, CancellationToken cancellationToken)
    {
        try
        {
            var store = await TrajectoryStore.OpenAsync(path, secrets, cancellationToken);
            WholeFile.RemoveHalves(path);
            return new(path, store);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException(e.Message, e);
        }
    }

    /// <summary>Makes a folder that no other run has: where the name is taken, also by one that begins at the same moment, a number is added to it.</summary>
    /// <param name="path">The folder that is wanted, as an absolute path.</param>
    /// <param name="secrets">Blots out secrets in what is kept.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The folder; the caller disposes it.</returns>
    /// <exception cref="RunFolderException">The folder cannot be made or written to.</exception>
    public static async Task<RunFolder> OpenNewAsync(string path, SecretMask secrets, CancellationToken cancellationToken)
    {
        var free = path;
        try
        {
            for (var copy = 2; !FolderLock.TryClaim(free); copy++)
            {
                free = string.Create(CultureInfo.InvariantCulture, $"{path}-{copy}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException(e.Message, e);
        }

        return await OpenAsync(free, secrets, cancellationToken);
    }

    /// <summary>What a prompt that is done ended with, with or without an image. Stopped runs, and failures that may pass, are not found.</summary>
    /// <param name="key">The prompt's key.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The outcome, or null.</returns>
    public async ValueTask<PromptOutcome?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        _finished ??= await LoadAsync(cancellationToken);
        if (_finished.GetValueOrDefault(key) is not { } trajectory) return null;
        return await FinalFileAsync(trajectory, cancellationToken) is { } file
            ? new(GenerateStatus.Skipped, trajectory) { File = file }
            : new(GenerateStatus.Failed, trajectory) { Error = trajectory.Error ?? "an earlier call ended without an image." };
    }

    /// <summary>Keeps the run of one prompt of many, and its final image in a file that is no other prompt's.</summary>
    /// <param name="key">The prompt's key.</param>
    /// <param name="outcome">The run; without an image, or stopped before one, for the record.</param>
    /// <param name="cancellationToken">Gives up waiting for other writers.</param>
    /// <returns>The outcome, with the image's path.</returns>
    public async Task<PromptOutcome> KeepAsync(string key, PromptOutcome outcome, CancellationToken cancellationToken = default)
    {
        if (outcome is not { Run: { Best: { } best } run, Trajectory: { } trajectory })
        {
            if (outcome is { Status: GenerateStatus.Failed, Trajectory: { } failed })
            {
                await KeepFailureAsync(failed, cancellationToken);
            }

            return outcome;
        }

        var file = Claim(FileNames.Numbered(IndexOf(trajectory), trajectory.Prompt, best.Reference), key);
        var named = trajectory with { Answer = trajectory.Answer! with { File = file } };
        await _store.AppendAsync(run with { Trajectory = named }, cancellationToken);
        var path = System.IO.Path.Combine(Path, file);
        await WholeFile.WriteAsync(path, run.Image.Data, cancellationToken);
        return outcome with { File = path };
    }

    private async Task<IReadOnlyDictionary<string, Trajectory>> LoadAsync(CancellationToken cancellationToken)
    {
        var finished = new Dictionary<string, Trajectory>(StringComparer.Ordinal);
        await foreach (var trajectory in _store.ReadAllAsync(cancellationToken))
        {
            if (trajectory.Task?.Key is not { } key)
            {
                continue;
            }

            if (FileOf(trajectory) is { } file)
            {
                _files[file] = key;
            }

            if (IsFinal(trajectory))
            {
                // Only what a later report needs: a trace of a thousand prompts would fill the memory.
                finished[key] = trajectory with { Trace = null };
            }
        }

        return finished;
    }

    /// <summary>Keeps the run of a single prompt; returns the path of its image, which takes no other image's name.</summary>
    /// <param name="prompt">The prompt, which names the image's file.</param>
    /// <param name="result">The run with its image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>An absolute path.</returns>
    public async Task<string> KeepSingleAsync(string prompt, AgentResult result, CancellationToken cancellationToken)
    {
        await _store.AppendAsync(result, cancellationToken);
        var path = System.IO.Path.Combine(Path, FileNames.ForPrompt(prompt, result.Best!.Reference));
        return await WholeFile.WriteNewAsync(path, result.Image.Data, cancellationToken);
    }

    /// <summary>Keeps a run that ended without an image of its own to show for it.</summary>
    /// <param name="trajectory">The run.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task KeepFailureAsync(Trajectory trajectory, CancellationToken cancellationToken) =>
        _store.AppendAsync(new AgentResult(trajectory, [], null), cancellationToken);

    // The file is made again from the store where a killed process did not get to it.
    private async Task<string?> FinalFileAsync(Trajectory trajectory, CancellationToken cancellationToken)
    {
        if (trajectory.FinalImage is not { } image || FileOf(trajectory) is not { } file)
        {
            return null;
        }

        var path = System.IO.Path.Combine(Path, file);
        if (!File.Exists(path))
        {
            await WholeFile.WriteAsync(path, (await _store.ReadImageAsync(image, cancellationToken)).Data, cancellationToken);
        }

        return path;
    }

    // The first of NAME, NAME-2, and so on that is this prompt's or nobody's: lines may have been put above, so that numbers come twice.
    private string Claim(string name, string key)
    {
        var stem = System.IO.Path.GetFileNameWithoutExtension(name);
        for (var copy = 1; ; copy++)
        {
            var free = copy == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{stem}-{copy}{System.IO.Path.GetExtension(name)}");
            var isKnown = _files.TryGetValue(free, out var owner);
            if (string.Equals(owner, key, StringComparison.Ordinal)
                || (!isKnown && !File.Exists(System.IO.Path.Combine(Path, free)) && _files.TryAdd(free, key)))
            {
                return free;
            }
        }
    }

    /// <summary>The name of the file of a trajectory's final image; null without one.</summary>
    private static string? FileOf(Trajectory trajectory)
    {
        if (trajectory.FinalImage is not { } image)
        {
            return null;
        }

        // A name from a file is only a name: whatever folders it speaks of are left out.
        return System.IO.Path.GetFileName(trajectory.Answer?.File) is { Length: > 0 } name
            ? name
            : FileNames.Numbered(IndexOf(trajectory), trajectory.Prompt, image);
    }

    private static int IndexOf(Trajectory trajectory) => (int)(trajectory.Task?.Index ?? 0);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();

    /// <summary>Whether doing the prompt again would be doing it twice.</summary>
    /// <param name="trajectory">The run.</param>
    /// <returns>True if the prompt is done.</returns>
    public static bool IsFinal(Trajectory trajectory) => trajectory.StopReason switch
    {
        StopReason.Cancelled => false,
        StopReason.ModelFailed => trajectory is { ErrorIsFinal: true, Answer: null },
        StopReason.GeneratorFailures or StopReason.TimeBudget => trajectory.Answer is not null,
        _ => true,
    };
}
