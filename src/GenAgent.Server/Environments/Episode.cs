using GenAgent.Agents;
using GenAgent.Hosting.Composition;

namespace GenAgent.Server.Environments;

/// <summary>One run of the agent whose model is outside: a reset shows the opening, a step takes a turn and shows what comes of it.</summary>
internal sealed class Episode : IDisposable
{
    private readonly EpisodeServices _services;
    private readonly OutsideChatClient _model = new();
    private readonly CancellationTokenSource _ends = new();
    private readonly SemaphoreSlim _stepping = new(1, 1);
    private readonly AgentRequest _request;
    private readonly Task<AgentResult> _run;
    private (string Id, EpisodeStep Step)? _last;

    /// <summary>Begins the run.</summary>
    /// <param name="request">The prompt, the seed and the id.</param>
    /// <param name="owner">The API key that it belongs to; null without authentication.</param>
    /// <param name="services">What all episodes share.</param>
    public Episode(AgentRequest request, string? owner, EpisodeServices services)
    {
        (_request, Owner, _services) = (request, owner, services);
        TouchedAt = services.Time.GetTimestamp();
        var agent = services.Composition.With(services.Composition.Agent.Options, (_, generator) => (_model, generator));
        _run = Task.Run(() => agent.Agent.RolloutAsync(request, _ends.Token), CancellationToken.None);
    }

    public string Id => _request.Id!;

    public string Prompt => _request.Prompt;

    public string? Owner { get; }

    /// <summary>Steps that were taken.</summary>
    public int Steps { get; private set; }

    public bool IsDone { get; private set; }

    /// <summary>Whether a step is under way.</summary>
    public bool IsStepping => _stepping.CurrentCount == 0;

    /// <summary>When it was last used.</summary>
    public long TouchedAt { get; private set; }

    /// <summary>The opening.</summary>
    public async Task<EpisodeStep> ResetAsync(CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_ends.Token, cancellationToken);
        return await NextAsync(ends.Token);
    }

    /// <summary>Takes a turn of the model, and returns what comes of it. The same request again gets the same answer.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="requestId">What the caller calls the request; null for nothing.</param>
    /// <param name="seconds">How long it may take; null for the option.</param>
    /// <param name="cancellationToken">Gives up; the episode is over then.</param>
    /// <exception cref="RefusedException">The episode is over, or another step is under way; or it took too long, and the episode is over.</exception>
    public async Task<EpisodeStep> StepAsync(string turn, string? requestId, double? seconds, CancellationToken cancellationToken)
    {
        if (!await _stepping.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            throw new RefusedException(409, "A step of this episode is under way: wait for its answer.");
        }

        using var limit = new CancellationTokenSource(
            TimeSpan.FromSeconds(Math.Min(seconds ?? double.MaxValue, _services.Options.StepSeconds)), _services.Time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ends.Token, cancellationToken);
        try
        {
            if (requestId is not null && _last is var (id, known) && string.Equals(id, requestId, StringComparison.Ordinal)) return known;
            if (IsDone) throw new RefusedException(409, "This episode is over: reset for a new one.");
            TouchedAt = _services.Time.GetTimestamp();
            Steps++;
            _model.Take(turn);
            var step = await NextAsync(ends.Token);
            if (requestId is not null) _last = (requestId, step);
            return step;
        }
        catch (OperationCanceledException) when (_ends.IsCancellationRequested)
        {
            throw new RefusedException(409, "This episode was ended while its step was under way: reset for a new one.");
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The run is in the middle of something: nobody can say what the next turn would answer to.
            await EndAsync();
            throw new RefusedException(504, "The step took too long, and the episode is over: reset for a new one.");
        }
        finally
        {
            TouchedAt = _services.Time.GetTimestamp();
            _stepping.Release();
        }
    }

    /// <summary>Ends the run.</summary>
    public async Task EndAsync()
    {
        IsDone = true;
        await _ends.CancelAsync();
    }

    // Its token may still be asked for by the run; a source without a timer holds nothing.
    public void Dispose() => _ends.Cancel();

    private async Task<EpisodeStep> NextAsync(CancellationToken cancellationToken)
    {
        var asked = _model.Asked;
        await Task.WhenAny(asked, _run).WaitAsync(cancellationToken);
        if (asked.IsCompletedSuccessfully && !_run.IsCompleted) return EpisodeStep.Of(await asked);
        try
        {
            var result = await _run;
            var (reward, trajectory) = await EpisodeReward.OfAsync(result, _services.Judge, _services.Options, cancellationToken);
            await _services.Store.AppendAsync(_services.Composition.Named(trajectory), result.Images, CancellationToken.None);
            return EpisodeStep.Of(result, reward);
        }
        finally
        {
            // The run is over, whatever becomes of its judgment: no turn would ever be answered.
            IsDone = true;
        }
    }
}

/// <summary>What all episodes of a server share.</summary>
/// <param name="Composition">The agent's parts.</param>
/// <param name="Judge">Who judges the final images.</param>
/// <param name="Store">Where the trajectories go.</param>
/// <param name="Options">Rewards and limits.</param>
/// <param name="Time">The clock.</param>
internal sealed record EpisodeServices(
    AgentComposition Composition, Judging.IJudge Judge, Trajectories.TrajectoryStore Store, EnvironmentOptions Options, TimeProvider Time);
