using GenAgent.Hosting.Composition;
using GenAgent.Models;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Server.Environments;

/// <summary>Runs the agent on tasks of another trainer's server, which is its model too, and rewards them. Safe to use from many tasks at once.</summary>
internal sealed class RemoteRollouts(
    AgentComposition composition, BackendRegistry registry, AgentLightningClient client, TrajectoryStore store, RemoteRolloutOptions options,
    EnvironmentOptions rewards, TimeProvider time, Func<ulong> freshSeed, bool hasKey)
{
    /// <summary>The name under which the server's key stands among the secrets.</summary>
    public const string Secret = "agl";

    /// <summary>Works on the queue until it is stopped.</summary>
    /// <param name="server">The server.</param>
    /// <param name="once">Whether to end when nothing waits and nothing runs.</param>
    /// <param name="report">Is told of each rollout that ended.</param>
    /// <param name="notice">Is told when the server cannot be reached.</param>
    /// <param name="cancellationToken">Stops: what runs is closed as failed.</param>
    /// <returns>How many rollouts do not count.</returns>
    public async Task<int> WorkAsync(Uri server, bool once, Action<RemoteOutcome> report, Action<string> notice, CancellationToken cancellationToken)
    {
        var running = new Dictionary<string, Task<RemoteOutcome>>(StringComparer.Ordinal);
        var failed = 0;
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isEmpty = await ClaimAsync();
                if (once && running.Count == 0 && isEmpty) return failed;
                await Task.WhenAny([.. running.Values, Task.Delay(TimeSpan.FromSeconds(options.PollSeconds), time, cancellationToken)]);
                foreach (var (id, done) in running.Where(pair => pair.Value.IsCompleted).ToList()) Take(id, await done);
            }
        }
        finally
        {
            // None of them throws; all have closed their rollouts before any report can fail.
            await Task.WhenAll(running.Values);
            foreach (var (id, last) in running.ToList()) Take(id, await last);
        }

        void Take(string id, RemoteOutcome outcome)
        {
            running.Remove(id);
            if (outcome.Excluded is not null) failed++;
            report(outcome);
        }

        // Claims what there is room for; true if nothing waits.
        async Task<bool> ClaimAsync()
        {
            try
            {
                var queued = await client.QueuedAsync(options.Concurrency * 2, cancellationToken);
                List<RemoteTask> waiting = [.. queued.Select(one => RemoteTask.Read(one, options.PromptField)).OfType<RemoteTask>()];
                foreach (var task in waiting.Where(task => !running.ContainsKey(task.Id)).Take(options.Concurrency - running.Count))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (await client.ClaimAsync(task)) running[task.Id] = RunAndCloseAsync(server, task, cancellationToken);
                }

                return waiting.Count == 0;
            }
            catch (Exception fault) when (!once && !cancellationToken.IsCancellationRequested && IsOfServer(fault))
            {
                notice(FormattableString.Invariant($"{composition.Secrets.Mask(fault.Message)} Trying again in {options.PollSeconds} seconds."));
                return false;
            }
        }
    }

    /// <summary>Runs one task, and rewards it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="model">The base address of the rollout's model.</param>
    /// <param name="events">Where the reward goes.</param>
    /// <param name="cancellationToken">Ends the run, which does not count then.</param>
    public async Task<RemoteOutcome> RunAsync(RemoteTask task, Uri model, Uri events, CancellationToken cancellationToken)
    {
        var uri = $"openai:{options.Model}@{model.AbsoluteUri.TrimEnd('/')}{(hasKey ? $"?key={Secret}" : string.Empty)}";
        using var chat = await registry.CreateChatClientAsync(uri, cancellationToken);
        var own = composition.Agent.Options;
        var limited = task.Seconds is { } seconds ? own with { MaxSeconds = Math.Min(own.MaxSeconds ?? seconds, seconds) } : own;
        var agent = composition.With(limited, (_, generator) => (chat, generator)).Agent;
        var result = await agent.RolloutAsync(
            new(task.Prompt)
            {
                Id = $"{task.Id}~{task.Attempt}",
                Seed = SeedPath.FromRoot(freshSeed()),
                Task = new() { Key = task.Id, PromptId = task.PromptId, Category = task.Category },
            },
            cancellationToken);
        var (reward, trajectory) = await EpisodeReward.OfAsync(result, composition.Judge!, rewards, cancellationToken);
        trajectory = composition.Named(trajectory);
        await store.AppendAsync(trajectory with { Model = trajectory.Model with { Uri = null } }, result.Images, CancellationToken.None);
        if (reward.Total is { } total) await client.RewardAsync(events, total, reward.Parts);
        return new(task.Id, task.Attempt, reward.Total, reward.Excluded) { Images = trajectory.ImageRounds, StopReason = trajectory.StopReason };
    }

    private async Task<RemoteOutcome> RunAndCloseAsync(Uri server, RemoteTask task, CancellationToken cancellationToken)
    {
        RemoteOutcome outcome;
        var (id, attempt) = (Uri.EscapeDataString(task.Id), Uri.EscapeDataString(task.Attempt));
        try
        {
            outcome = await RunAsync(
                task, new(server, $"proxy/rollout/{id}/attempt/{attempt}/mode/{task.Mode}/openai/v1"),
                new(server, $"api/rollouts/{id}/attempt/{attempt}/events"), cancellationToken);
        }
        catch (Exception fault)
        {
            // Whatever it is, the rollout is closed and the others go on.
            var why = cancellationToken.IsCancellationRequested ? "the runner was stopped" : composition.Secrets.Mask(fault.Message);
            outcome = new(task.Id, task.Attempt, null, why);
        }

        return await IsClosedAsync(task, outcome.Excluded) ? outcome : outcome with { Excluded = outcome.Excluded ?? "the server did not take its end" };
    }

    private async Task<bool> IsClosedAsync(RemoteTask task, string? error)
    {
        try
        {
            return await client.CloseAsync(task, error);
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static bool IsOfServer(Exception fault) => fault is BackendUnavailableException or TaskCanceledException;
}

/// <summary>A rollout for another trainer that ended. Immutable.</summary>
/// <param name="Rollout">The rollout's id.</param>
/// <param name="Attempt">The attempt's id.</param>
/// <param name="Reward">What it earned; null for one that does not count.</param>
/// <param name="Excluded">Why it does not count; null if it counts.</param>
public sealed record RemoteOutcome(string Rollout, string Attempt, double? Reward, string? Excluded)
{
    /// <summary>Rounds with an image.</summary>
    public int Images { get; init; }

    /// <summary>Why the run ended.</summary>
    public StopReason? StopReason { get; init; }
}
