using System.Security.Cryptography;
using GenAgent.Dialects;
using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Telemetry;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Agents.Loop;

/// <summary>
/// The loop: the model takes a turn, the turn is a call, an answer or a fault, the call brings images, the image goes back to the model,
/// until there is an answer or a limit. The one loop of user, training data, rollouts and benchmarks.
/// </summary>
internal sealed class AgentLoop(
    IChatClient chatClient, IImageGenerator generator, ImageAgentOptions options, AgentSpeech speech, IAttemptSelector? selector, ILogger logger,
    TimeProvider time)
{
    private readonly Dialect _dialect = speech.Dialect;
    private readonly TurnReader _reader = new(chatClient, options, speech);
    private readonly CandidateRound _candidates = new(logger);
    private readonly ModelIdentity _model = Identify(chatClient.GetService<ChatClientMetadata>());
    private readonly ModelIdentity _generator = Identify(generator.GetService<ImageGeneratorMetadata>());

    /// <summary>Runs once. Throws for an invalid prompt; everything else ends in a result.</summary>
    public async Task<AgentResult> RunAsync(AgentRequest request, Action<AgentEvent>? watch, CancellationToken cancellationToken)
    {
        var run = Begin(request, watch);
        var startedAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        using var span = AgentTelemetry.StartRun(run.Id, _model);
        using var clock = options.MaxSeconds is { } seconds ? new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time) : null;
        using var ends = clock is null ? null : CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);

        var stop = await TakeRoundsAsync(run, cancellationToken, ends?.Token ?? cancellationToken);
        await FallBackAsync(run, stop, ends?.Token ?? cancellationToken);

        var result = await FinishAsync(run, stop, startedAt, () => time.GetElapsedTime(started).TotalSeconds, ends?.Token ?? cancellationToken);
        AgentTelemetry.EndRun(span, result);
        AgentLog.RunEnded(
            logger, run.Id, run.Rounds.Count, result.StopReason, run.Images.Count, result.Trajectory.Faults.Count(), result.Trajectory.Seconds);
        run.Tell(new RunCompletedEvent(run.Id, Math.Max(run.RoundIndex - 1, 0), result));
        return result;
    }

    private TraceSampling SamplingOf(AgentRun run) =>
        new() { Temperature = options.Temperature, TopP = options.TopP, Seed = run.RoundSeed.Child("turn").ImageSeed };

    private static ModelIdentity Identify(ChatClientMetadata? metadata) => new(metadata?.DefaultModelId ?? "unknown", metadata?.ProviderName);

    private static ModelIdentity Identify(ImageGeneratorMetadata? metadata) => new(metadata?.DefaultModelId ?? "unknown", metadata?.ProviderName);

    private async Task<StopReason> TakeRoundsAsync(AgentRun run, CancellationToken caller, CancellationToken ends)
    {
        try
        {
            while (true)
            {
                ends.ThrowIfCancellationRequested();
                if (await TakeRoundAsync(run, ends) is { } stop)
                {
                    return stop;
                }
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            return caller.IsCancellationRequested ? StopReason.Cancelled : StopReason.TimeBudget;
        }
        catch (Exception failure) when (ends.IsCancellationRequested)
        {
            AgentLog.ModelFailed(logger, failure, run.Id);
            return caller.IsCancellationRequested ? StopReason.Cancelled : StopReason.TimeBudget;
        }
        catch (Exception failure)
        {
            AgentLog.ModelFailed(logger, failure, run.Id);
            run.ModelError = failure;
            return StopReason.ModelFailed;
        }
    }

    /// <summary>Runs one turn of the model and handles it. Returns why the run ends, or null if it continues.</summary>
    private async Task<StopReason?> TakeRoundAsync(AgentRun run, CancellationToken ends)
    {
        if (run.Budget.StopBeforeTurn() is { } spent)
        {
            return spent;
        }

        var started = time.GetTimestamp();
        var turn = await _reader.ReadAsync(
            run.Conversation, run.Shown > 0, run.RoundSeed.Child("turn").ImageSeed, run.Budget.TokensLeft, run.WatchTurn(), ends);
        var round = run.Begin(turn, SamplingOf(run), time.GetElapsedTime(started).TotalSeconds);
        if (turn.Parsed.Fault is { } broken)
        {
            var kind = turn.Refused ? FaultKind.RefusedPrompt : FaultKind.BrokenTurn;
            return Refuse(run, round, new Fault(kind, $"{broken.Reason} (at character {broken.Position})") { Position = broken.Position });
        }

        run.TellTurn(round);
        if (round.Judgment is { } judgment)
        {
            run.Judge(judgment.Verdict);
        }

        if (round.Call is not { } call)
        {
            return run.Shown == 0 && _dialect.Tries > 1
                ? Refuse(run, round, new Fault(FaultKind.BrokenTurn, "The turn answers before there is an image."))
                : Answered(run, round);
        }

        if (speech.Tools.Function(call.Name) is { } function)
        {
            return await CallAsync(run, round, call, function, ends);
        }

        return speech.Tools.Image(call.Name) is not { } tool ? Refuse(run, round, speech.Tools.Unknown(call))
            : ImageWork.Read(run, call, tool, out var work) is { } misfit ? Refuse(run, round, misfit)
            : await MakeAsync(run, round, work, ends);
    }

    private static StopReason Answered(AgentRun run, Round round)
    {
        run.End(round);
        return run.Attempts.Count > 0 ? StopReason.Answered : StopReason.Declined;
    }

    private async Task<StopReason?> MakeAsync(AgentRun run, Round round, ImageWork work, CancellationToken ends)
    {
        round = round with { Generation = work.Generation };
        if (run.Budget.TakeImages(out var count) is { } spent)
        {
            run.End(round);
            return spent;
        }

        run.Tell(new CallEvent(run.Id, round.Index, round.Call!));
        var started = time.GetTimestamp();
        var (images, faults) = await _candidates.MakeAsync(run, work, count, ends);
        StopReason? stop = null;
        foreach (var fault in faults)
        {
            stop = run.Budget.Spend(fault) ?? stop;
            run.Tell(new FaultEvent(run.Id, run.RoundIndex, fault));
        }

        if (images.Count == 0 && run.GeneratorError is BackendException { EndsRun: true })
        {
            stop = StopReason.GeneratorFailures;
        }

        if (images.Count > 0)
        {
            images.ForEach(run.Keep);
            var chosen = images.Count == 1 ? images[0] : await SelectAsync(run, images, ends) ?? images[0];
            run.Tell(new AttemptEvent(run.Id, run.RoundIndex, run.Show(chosen)));
            round = round with { Images = [.. images.Select(image => image.Reference)], Shown = images.IndexOf(chosen) };
            stop ??= run.Budget.EndsWithLastImage ? StopReason.RoundLimit : null;
        }
        else if (faults.Count > 0)
        {
            stop = Report(run, faults) ?? stop;
            round = round with { StartsOver = _dialect.Tries > 1 && stop is null };
        }

        run.End(round with { Faults = faults, ToolSeconds = time.GetElapsedTime(started).TotalSeconds });
        return stop;
    }

    private async Task<StopReason?> CallAsync(AgentRun run, Round round, ToolCall call, AIFunction function, CancellationToken ends)
    {
        run.Tell(new CallEvent(run.Id, round.Index, call));
        var started = time.GetTimestamp();
        using var span = AgentTelemetry.StartTool(call.Name, call.Id, run.RoundIndex);
        var outcome = await FunctionCall.InvokeAsync(function, call, options, ends);
        ends.ThrowIfCancellationRequested();
        AgentTelemetry.EndTool(span, call.Name, time.GetElapsedTime(started).TotalSeconds, outcome.Fault);
        if (outcome.Fault is { } fault)
        {
            return Refuse(run, round, fault);
        }

        if (outcome.Image is { } image)
        {
            var attempt = new Attempt(run.RoundIndex, 0, string.Empty, image, outcome.Reference!);
            run.Keep(attempt);
            run.Tell(new ImageEvent(run.Id, run.RoundIndex, 0, image, attempt.Reference));
            run.Tell(new AttemptEvent(run.Id, run.RoundIndex, run.Show(attempt)));
            round = round with { Images = [attempt.Reference], Shown = 0 };
        }
        else
        {
            run.Conversation.Tell(outcome.Text!);
            run.Tell(new ToolTextEvent(run.Id, run.RoundIndex, outcome.Text!));
            round = round with { ToolText = outcome.Text };
        }

        run.End(round with { ToolSeconds = time.GetElapsedTime(started).TotalSeconds });
        return run.Budget.EndsWithLastImage ? StopReason.RoundLimit : null;
    }

    /// <summary>Ends the round of an invalid turn; informs the model or restarts the conversation.</summary>
    private StopReason? Refuse(AgentRun run, Round round, Fault fault)
    {
        AgentLog.Fault(logger, null, run.Id, round.Index, fault.Kind, fault.Message);
        run.Tell(new FaultEvent(run.Id, round.Index, fault));
        var spent = run.Budget.Spend(fault);
        var stop = Report(run, [fault]) ?? spent;
        run.End(round with { Faults = [fault], StartsOver = _dialect.Tries > 1 && stop is null });
        return stop;
    }

    /// <summary>
    /// Reports faults to the model, or restarts the conversation in a dialect whose models do not understand errors. Returns why the run ends, or null.
    /// </summary>
    private StopReason? Report(AgentRun run, List<Fault> faults)
    {
        if (_dialect.Tries == 1)
        {
            run.Conversation.Report(Fault.Join(faults));
            return null;
        }

        run.StartOver();
        return run.Budget.StartOver(faults[0].Kind);
    }

    /// <summary>Generates an image from the user's own prompt after all attempts of the model failed.</summary>
    private async Task FallBackAsync(AgentRun run, StopReason stop, CancellationToken ends)
    {
        if (!_dialect.FallsBackToPrompt || ends.IsCancellationRequested
            || stop is not (StopReason.BrokenTurns or StopReason.UnknownTools or StopReason.BadArguments
            or StopReason.RefusedPrompts or StopReason.GeneratorFailures or StopReason.BadImages))
        {
            return;
        }

        var tool = speech.Tools.Main;
        var work = ImageWork.OfPrompt(run, tool.Wording.Name, tool, tool.Ask(run.Request.Prompt, shown: 0));
        var started = time.GetTimestamp();
        var (images, faults) = await _candidates.MakeAsync(run, work, 1, ends);
        images.ForEach(run.Keep);
        images.ForEach(image => run.Tell(new AttemptEvent(run.Id, run.RoundIndex, run.Show(image))));
        run.End(new Round(run.RoundIndex, string.Empty)
        {
            Generation = work.Generation,
            Images = [.. images.Select(image => image.Reference)],
            Shown = images.Count > 0 ? 0 : null,
            Faults = faults,
            ToolSeconds = time.GetElapsedTime(started).TotalSeconds,
        });
    }

    private async ValueTask<Attempt?> SelectAsync(AgentRun run, IReadOnlyList<Attempt> attempts, CancellationToken ends)
    {
        if (selector is null || ends.IsCancellationRequested)
        {
            return null;
        }

        try
        {
            var choice = await selector.SelectAsync(run.Request.Prompt, attempts, ends);
            return choice is { } index && index >= 0 && index < attempts.Count ? attempts[index] : null;
        }
        catch (Exception failure)
        {
            if (!ends.IsCancellationRequested)
            {
                AgentLog.SelectorFailed(logger, failure, run.Id);
            }

            return null;
        }
    }

    private AgentRun Begin(AgentRequest request, Action<AgentEvent>? watch)
    {
        if (PromptText.Check(request.Prompt, options.MaxPromptCharacters) is { } wrong)
        {
            throw new ArgumentException($"The prompt {wrong}", nameof(request));
        }

        var seed = request.Seed ?? SeedPath.FromRoot(options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        var id = request.Id ?? Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var conversation = new Conversation(_dialect, speech.SystemText, Opening(request.Prompt), request.OriginalImages);
        var run = new AgentRun(request, id, seed, conversation, new RunBudget(options, _dialect), watch);
        AgentLog.RunBegins(logger, id, seed.ToString());
        run.Begin(
            [.. request.OriginalImages.Select(original => Inspect(original, "An original image"))],
            request.Given.GetMask() is { } mask ? Inspect(mask, "The mask") : null);
        return run;
    }

    private ImageReference Inspect(DataContent image, string name) =>
        ImageInspector.Inspect(image, asked: null, requestedSeed: 0, options, out var reference) is { } wrong
            ? throw new ArgumentException($"{name} is not sound. {wrong}", nameof(image))
            : reference!;

    private string Opening(string prompt)
    {
        var style = options.StyleHint is { } hint ? $"\nStyle: {hint}" : string.Empty;
        var negative = options.NegativePrompt is { } unwanted ? $"\nMust not show: {unwanted}" : string.Empty;
        return _dialect.PromptPrefix + prompt + style + negative;
    }

    private async Task<AgentResult> FinishAsync(
        AgentRun run, StopReason stop, DateTimeOffset startedAt, Func<double> seconds, CancellationToken ends)
    {
        var words = run.Rounds.Count > 0 ? run.Rounds[^1].Answer : null;
        var best = await BestAttempt.ChooseAsync(run.Attempts, words, attempts => SelectAsync(run, attempts, ends));
        var trajectory = new Trajectory
        {
            Id = run.Id,
            Prompt = run.Request.Prompt,
            Task = run.Request.Task,
            StartedAt = startedAt,
            Model = _model with { Version = run.ModelVersion },
            Generator = run.Request.Given?.ModelId is { } painter ? _generator with { Name = painter } : _generator,
            RootSeed = run.Seed.Root,
            SeedPath = run.Seed.Path,
            Dialect = _dialect.Name,
            Instructions = speech.SystemText,
            Opening = Opening(run.Request.Prompt),
            OriginalImages = run.Originals,
            Mask = run.Mask,
            Rounds = [.. run.Rounds],
            Answer = best is var (attempt, rule) ? new FinalAnswer(attempt.Reference.Id, attempt.Round, rule, words) : null,
            StopReason = stop,
            Error = run.ModelError is { } error ? SecretMask.Default.Mask(error.Message) : null,
            ErrorIsFinal = run.ModelError is ContextLengthException,
            Seconds = seconds(),
            Trace = run.Trace,
            Labels = run.Request.Labels,
        };
        return new AgentResult(trajectory, [.. run.Attempts], best?.Attempt)
        {
            Images = run.Images,
            Error = run.ModelError,
            GeneratorError = stop == StopReason.GeneratorFailures ? run.GeneratorError : null
        };
    }
}
