using System.Collections.Concurrent;
using GenAgent.Agents;
using GenAgent.Hosting.Runs;
using GenAgent.Seeds;
using GenAgent.Server.Security;
using GenAgent.Trajectories;
using Microsoft.Extensions.Hosting;

namespace GenAgent.Server.Environments;

/// <summary>The episodes of a server; those that nobody steps are dropped. Safe to use from many tasks at once.</summary>
internal sealed class EpisodeLibrary(EpisodeServices services, IReadOnlyList<PromptLine> prompts, Func<ulong> freshSeed) : BackgroundService
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Episode> _episodes = new(StringComparer.Ordinal);
    private readonly Lock _counting = new();

    /// <summary>Episodes that are not over.</summary>
    public int Running => _episodes.Values.Count(episode => !episode.IsDone);

    /// <summary>Begins an episode; one of the same id ends.</summary>
    /// <exception cref="RefusedException">The request is wrong, or too many episodes run.</exception>
    public async Task<(Episode Episode, EpisodeStep Step)> ResetAsync(ResetRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var seed = request.Seed is { } given ? (ulong)given : freshSeed();
        var place = request.Index is { } index ? (ulong)index : seed;
        var line = request.Prompt is null && prompts.Count > 0 ? prompts[(int)(place % (ulong)prompts.Count)] : null;
        var prompt = request.Prompt ?? line?.Text
            ?? throw new InvalidActionException("prompt", "missing", "The server has no file of prompts: send a \"prompt\" with the reset.");
        var asked = new AgentRequest(prompt)
        {
            Id = request.EpisodeId ?? Guid.CreateVersion7(services.Time.GetUtcNow()).ToString(),
            Seed = SeedPath.FromRoot(seed),
            Task = new TrajectoryTask { PromptId = request.PromptId ?? line?.Key, Category = request.Category },
        };
        Episode episode;
        lock (_counting)
        {
            if (_episodes.TryGetValue(asked.Id, out var before))
            {
                if (!caller.Sees(before.Owner)) throw new RefusedException(403, "This episode belongs to another API key.");
                before.Dispose();
                _episodes.TryRemove(asked.Id, out _);
            }

            if (Running >= services.Options.Sessions)
            {
                throw new RefusedException(503, $"{services.Options.Sessions} episodes are running (Environment:Sessions): end some first.") { RetryAfter = 5 };
            }

            episode = _episodes[asked.Id] = new(asked, caller.Owner, services);
        }

        try
        {
            return (episode, await episode.ResetAsync(cancellationToken));
        }
        catch (Exception failure)
        {
            // Nobody got its id: it would run until it is idle for too long.
            Drop(episode);
            if (failure is ArgumentException) throw new InvalidActionException("prompt", "value_error", failure.Message);
            throw;
        }
    }

    /// <summary>An episode of the caller's.</summary>
    /// <param name="id">Its id; null for the caller's only one.</param>
    /// <param name="caller">Who asks.</param>
    /// <exception cref="RefusedException">There is none, or several and none is named.</exception>
    public Episode Find(string? id, Caller caller)
    {
        if (id is not null)
        {
            return _episodes.TryGetValue(id, out var known) && caller.Sees(known.Owner)
                ? known
                : throw RefusedException.NotFound("There is no such episode: it was never begun, or nobody stepped it for too long. Reset for a new one.");
        }

        var own = _episodes.Values.Where(episode => !episode.IsDone && string.Equals(episode.Owner, caller.Owner, StringComparison.Ordinal)).Take(2).ToList();
        return own switch
        {
            [var only] => only,
            [] => throw RefusedException.NotFound("No episode is running: reset first."),
            _ => throw RefusedException.BadField(
                "episode_id", "Several episodes are running: send the \"episode_id\" that the reset answered in its metadata."),
        };
    }

    /// <summary>Drops an episode.</summary>
    public void Drop(Episode episode)
    {
        if (_episodes.TryRemove(KeyValuePair.Create(episode.Id, episode))) episode.Dispose();
    }

    /// <summary>Drops what nobody has used for too long; a step that is under way is a use.</summary>
    public void DropIdle()
    {
        foreach (var episode in _episodes.Values.Where(
            episode => !episode.IsStepping && services.Time.GetElapsedTime(episode.TouchedAt).TotalSeconds > services.Options.SessionSeconds)) Drop(episode);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var episode in _episodes.Values) Drop(episode);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(
            TimeSpan.FromSeconds(Math.Min(services.Options.SessionSeconds / 4, LongestPeriod.TotalSeconds)), services.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) DropIdle();
    }
}

/// <summary>What a reset asks for. Immutable.</summary>
internal sealed record ResetRequest
{
    public long? Seed { get; init; }

    public string? EpisodeId { get; init; }

    public string? Prompt { get; init; }

    public string? PromptId { get; init; }

    public string? Category { get; init; }

    /// <summary>Which prompt of the server's file; null for the one at the seed.</summary>
    public long? Index { get; init; }
}

/// <summary>A request that is not of the form that <c>/schema</c> describes.</summary>
/// <param name="field">Which member is wrong.</param>
/// <param name="type">The kind of fault, as pydantic names it.</param>
/// <param name="message">What is wrong.</param>
internal sealed class InvalidActionException(string field, string type, string message) : Exception(message)
{
    public string Field { get; } = field;

    public string Type => type;
}
