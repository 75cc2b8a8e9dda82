using GenAgent.Cli.Hosting;
using GenAgent.Hosting;
using GenAgent.Models;
using GenAgent.Running.Sharing;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>Finds runs for a worker, and remembers those that it cannot do. Runs that differ in their ids alone, as the steps of a training, are one.</summary>
/// <param name="host">Is told what the user should know.</param>
/// <param name="board">Where the runs are.</param>
/// <param name="only">The id of the only run to do; null for all.</param>
internal sealed class RunSearch(CliHost host, ITaskBoard board, string? only)
{
    // So long a backend that did not answer is left alone.
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly Dictionary<SharedRun, Refusal> _refused = [];
    private bool _isAway;

    /// <summary>A run without its id: what a worker is set up for.</summary>
    public static SharedRun WorkOf(SharedRun run) => run with { Id = string.Empty };

    /// <summary>A run with tasks to do; null if there is none, or the board cannot be reached now.</summary>
    public async Task<SharedRun?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            var runs = await board.RunsAsync(cancellationToken);
            _isAway = false;
            return runs.FirstOrDefault(run => run.Id.Length > 0 && (only is null || run.Id.Equals(only, StringComparison.Ordinal)) && !IsRefused(run));
        }
        catch (BoardUnavailableException away)
        {
            if (!_isAway) host.Say($"{away.Message} Trying again.");
            _isAway = true;
            return null;
        }
    }

    /// <summary>Leaves a run to others, whatever is wrong with it. It is tried again later if only a backend did not answer.</summary>
    public void Refuse(SharedRun run, Exception wrong)
    {
        var why = ErrorMessages.Of(wrong);
        if (!_refused.TryGetValue(WorkOf(run), out var before) || !before.Why.Equals(why, StringComparison.Ordinal))
            host.Say($"Run {run.Id} ({run.Kind}) is left to others: {why}");
        _refused[WorkOf(run)] = new(why, host.Time.GetTimestamp(), wrong is BackendUnavailableException or RateLimitException);
    }

    private bool IsRefused(SharedRun run) =>
        _refused.TryGetValue(WorkOf(run), out var refusal) && !(refusal.MayPass && host.Time.GetElapsedTime(refusal.At) >= Rest);

    private sealed record Refusal(string Why, long At, bool MayPass);
}
