using GenAgent.Generators;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>The state of one run. Used by one task.</summary>
internal sealed class AgentRun(AgentRequest request, string id, SeedPath seed, Conversation conversation, RunBudget budget, Action<AgentEvent>? watch)
{
    private readonly List<Round> _rounds = [];
    private readonly List<Attempt> _attempts = [];
    private readonly Dictionary<string, DataContent> _images = new(StringComparer.Ordinal);

    public AgentRequest Request => request;

    public string Id => id;

    public SeedPath Seed => seed;

    public Conversation Conversation => conversation;

    public RunBudget Budget => budget;

    public Action<AgentEvent>? Watch => watch;

    /// <summary>The images that came with the prompt.</summary>
    public IReadOnlyList<ImageReference> Originals { get; private set; } = [];

    /// <summary>Which part of the first original image may be changed; null for all of it.</summary>
    public ImageReference? Mask { get; private set; }

    /// <summary>The index of the current round.</summary>
    public int RoundIndex { get; private set; }

    public IReadOnlyList<Round> Rounds => _rounds;

    /// <summary>The images that the model saw.</summary>
    public IReadOnlyList<Attempt> Attempts => _attempts;

    /// <summary>Number of images that the model saw in the current conversation.</summary>
    public int Shown { get; private set; }

    public IReadOnlyDictionary<string, DataContent> Images => _images;

    public TokenTrace? Trace { get; private set; }

    public string? ModelVersion { get; private set; }

    /// <summary>The exception of the model's backend, if it failed.</summary>
    public Exception? ModelError { get; set; }

    /// <summary>The last exception of the generator's backend.</summary>
    public Exception? GeneratorError { get; set; }

    public SeedPath RoundSeed => seed.Child("round", RoundIndex);

    public void Tell(AgentEvent happened) => watch?.Invoke(happened);

    /// <summary>Receives each piece of the current turn; null without a reader.</summary>
    public Action<TurnDelta>? WatchTurn() =>
        watch is null ? null : delta => Tell(new TextDeltaEvent(id, RoundIndex, delta.Section, delta.Text));

    /// <summary>Reports the sections of a complete turn except its call, which is reported when it is made.</summary>
    public void TellTurn(Round round)
    {
        if (round.Judgment is { } judgment)
        {
            Tell(new JudgmentEvent(id, round.Index, judgment));
        }

        if (round.Thought is { } thought)
        {
            Tell(new ThoughtEvent(id, round.Index, thought));
        }

        if (round.Answer is { } answer)
        {
            Tell(new AnswerEvent(id, round.Index, answer));
        }
    }

    /// <summary>Records the model's turn and starts the round's record.</summary>
    public Round Begin(ModelTurn turn, TraceSampling sampling, double seconds)
    {
        conversation.AddTurn(turn.Messages, turn.Text.Length);
        budget.Spend(turn.Tokens);
        Trace = turn.Trace?.WithTurn(Trace, turn.ModelVersion, sampling) ?? Trace;
        ModelVersion = turn.ModelVersion ?? ModelVersion;
        var said = turn.Parsed.Turn;
        return new Round(RoundIndex, turn.Text)
        {
            Judgment = said?.Judgment,
            Thought = said?.Thought,
            Call = said?.Call,
            Answer = said?.Answer,
            Tokens = turn.Tokens,
            ModelSeconds = seconds,
        };
    }

    /// <summary>Records the model's judgment of the last image that it saw.</summary>
    public void Judge(Verdict verdict)
    {
        if (Shown > 0)
        {
            _attempts[^1] = _attempts[^1] with { Verdict = verdict };
        }
    }

    public void Begin(IReadOnlyList<ImageReference> originals, ImageReference? mask)
    {
        (Originals, Mask) = (originals, mask);
        if (mask is not null)
        {
            _images[mask.Id] = request.Given.GetMask()!;
        }

        for (var i = 0; i < originals.Count; i++)
        {
            _images[originals[i].Id] = request.OriginalImages[i];
        }

        Tell(new RunStartedEvent(id, request.Prompt));
    }

    public void Keep(Attempt candidate) => _images[candidate.Reference.Id] = candidate.Image;

    /// <summary>Shows the model an image, which becomes a numbered attempt.</summary>
    public Attempt Show(Attempt chosen)
    {
        var attempt = chosen with { Number = _attempts.Count + 1 };
        _attempts.Add(attempt);
        Shown++;
        budget.SpendRound();
        conversation.Show(attempt.Image);
        request.Progress?.Shown(_attempts.Count);
        return attempt;
    }

    /// <summary>Restarts the conversation at the first user turn.</summary>
    public void StartOver()
    {
        conversation.StartOver();
        Shown = 0;
    }

    /// <summary>Closes the round's record.</summary>
    public void End(Round round)
    {
        _rounds.Add(round);
        RoundIndex++;
    }
}
