using System.Globalization;
using GenAgent.Agents;
using GenAgent.Telemetry;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>
/// The folder that keeps what came of prompts: the trajectory store, and beside it the final image of each prompt under a name that people can read.
/// What <see cref="KeepNumberedAsync"/> has returned from survives a killed process, and is found again by <see cref="FinishedAsync"/>. One process at a time.
/// </summary>
public sealed class RunFolder : IAsyncDisposable
{
    /// <summary>The label of a trajectory that holds its prompt's <see cref="PromptLine.Key"/>.</summary>
    public const string KeyLabel = "prompt_key";

    /// <summary>The label that holds its prompt's <see cref="PromptLine.Index"/>.</summary>
    public const string IndexLabel = "prompt_index";

    private readonly TrajectoryStore _store;

    private RunFolder(string path, TrajectoryStore store) => (Path, _store) = (path, store);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What a killed process left half-written, and was cut off; null for nothing.</summary>
    public HalfWrittenLine? Recovered => _store.Recovered;

    /// <summary>Opens the folder, and makes it where there is none.</summary>
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

    /// <summary>The prompts that are done, with or without an image, by key. Stopped runs, and failures that may pass, are not among them.</summary>
    public async Task<IReadOnlyDictionary<string, Trajectory>> FinishedAsync(CancellationToken cancellationToken)
    {
        var finished = new Dictionary<string, Trajectory>(StringComparer.Ordinal);
        await foreach (var trajectory in _store.ReadAllAsync(cancellationToken))
        {
            if (trajectory.Labels?.GetValueOrDefault(KeyLabel) is { } key && IsFinal(trajectory))
            {
                // Only what a later report needs: a trace of a thousand prompts would fill the memory.
                finished[key] = trajectory with { Trace = null };
            }
        }

        return finished;
    }

    /// <summary>Keeps the run of one prompt of many; returns the path of its image.</summary>
    public async Task<string> KeepNumberedAsync(PromptLine prompt, AgentResult result, CancellationToken cancellationToken)
    {
        await _store.AppendAsync(result, cancellationToken);
        var path = System.IO.Path.Combine(Path, FileNames.Numbered(prompt.Index, prompt.Text, result.Best!.Reference));
        await WholeFile.WriteAsync(path, result.Image.Data, cancellationToken);
        return path;
    }

    /// <summary>Keeps the run of a single prompt; returns the path of its image, which takes no other image's name.</summary>
    public async Task<string> KeepSingleAsync(string prompt, AgentResult result, CancellationToken cancellationToken)
    {
        await _store.AppendAsync(result, cancellationToken);
        var path = System.IO.Path.Combine(Path, FileNames.ForPrompt(prompt, result.Best!.Reference));
        return await WholeFile.WriteNewAsync(path, result.Image.Data, cancellationToken);
    }

    /// <summary>Keeps a run that ended without an image of its own to show for it.</summary>
    public Task KeepFailureAsync(Trajectory trajectory, CancellationToken cancellationToken) =>
        _store.AppendAsync(new AgentResult(trajectory, [], null), cancellationToken);

    /// <summary>The path of a finished prompt's image; makes the file again from the store where a killed process did not get to it.</summary>
    public async Task<string?> FinalFileAsync(Trajectory trajectory, CancellationToken cancellationToken)
    {
        if (trajectory.FinalImage is not { } image)
        {
            return null;
        }

        var index = int.TryParse(trajectory.Labels?.GetValueOrDefault(IndexLabel), CultureInfo.InvariantCulture, out var written) ? written : 0;
        var path = System.IO.Path.Combine(Path, FileNames.Numbered(index, trajectory.Prompt, image));
        if (!File.Exists(path))
        {
            await WholeFile.WriteAsync(path, (await _store.ReadImageAsync(image, cancellationToken)).Data, cancellationToken);
        }

        return path;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();

    /// <summary>Whether doing the prompt again would be doing it twice.</summary>
    public static bool IsFinal(Trajectory trajectory) => trajectory.StopReason switch
    {
        StopReason.Cancelled or StopReason.ModelFailed => false,
        StopReason.GeneratorFailures or StopReason.TimeBudget => trajectory.Answer is not null,
        _ => true,
    };
}
