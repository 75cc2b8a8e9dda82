using System.Text;
using GenAgent.Agents;
using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.Tools;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories.Exchange;

/// <summary>
/// Converts a foreign conversation to a trajectory. Missing values (model, seeds, times) stay unknown.
/// </summary>
internal sealed class ShareGptReader(ShareGptConversation record, Func<string, DataContent> load)
{
    private readonly Dictionary<string, DataContent> _images = new(StringComparer.Ordinal);
    private readonly List<Round> _rounds = [];
    private readonly List<Attempt> _attempts = [];
    private int _nextImage;

    /// <summary>Reads the record.</summary>
    /// <exception cref="InvalidDataException">The record is no conversation of an image agent; the message says why.</exception>
    public async Task<(Trajectory Trajectory, IReadOnlyDictionary<string, DataContent> Images)> ReadAsync()
    {
        var opening = record.Turns[0].Text;
        var originals = TakeImages(opening);
        foreach (var turn in record.Turns.Skip(1))
        {
            if (turn.IsModel) AddRound(turn.Text);
            else AddResponse(turn.Text);
        }

        record.RequireModelTurn();
        return (await AssembleAsync(opening, originals), _images);
    }

    private void AddRound(string text)
    {
        var said = TurnParser.Parse(text, afterImage: _attempts.Count > 0);
        if (said.Turn?.Judgment is { } judgment && _attempts.Count > 0)
        {
            _attempts[^1] = _attempts[^1] with { Verdict = judgment.Verdict };
        }

        Generation? generation = null;
        var prompt = string.Empty;
        if (said.Turn?.Call is { } call)
        {
            var wording = Dialect.Default.Generate;
            var fits = call.Name.Equals(wording.Name, StringComparison.Ordinal)
                && ImageTool.ReadArguments(call, wording, new ImageAgentOptions().MaxPromptCharacters, out prompt, out _) is null;
            generation = new Generation(fits ? prompt : string.Empty);
        }

        _rounds.Add(new Round(_rounds.Count, text)
        {
            Judgment = said.Turn?.Judgment,
            Thought = said.Turn?.Thought,
            Call = said.Turn?.Call,
            Answer = said.Turn?.Answer,
            Generation = generation,
            Faults = said.Fault is { } fault ? [new Fault(FaultKind.BrokenTurn, fault.Reason) { Position = fault.Position }] : [],
        });
    }

    private void AddResponse(string text)
    {
        var round = _rounds[^1];
        var images = TakeImages(text);
        for (var i = 0; i < images.Count; i++)
        {
            _attempts.Add(
                new Attempt(round.Index, i, round.Generation?.Prompt ?? string.Empty, _images[images[i].Id], images[i]) { Number = _attempts.Count + 1 });
        }

        _rounds[^1] = images.Count > 0 ? round with { Images = images, Shown = images.Count - 1 }
            : round.Faults.Count > 0 ? round
            : round with { Faults = [new Fault(FaultKind.GeneratorFailure, text)] };
    }

    private List<ImageReference> TakeImages(string text)
    {
        var references = new List<ImageReference>();
        for (var at = text.IndexOf(ShareGptTurn.ImagePlaceholder, StringComparison.Ordinal); at >= 0;
            at = text.IndexOf(ShareGptTurn.ImagePlaceholder, at + 1, StringComparison.Ordinal))
        {
            var path = record.Images[_nextImage++];
            var image = load(path);
            if (ImageInspector.Inspect(image, asked: null, requestedSeed: 0, new ImageAgentOptions(), out var reference) is { } wrong)
            {
                throw new InvalidDataException($"{path}: {wrong}");
            }

            _images[reference!.Id] = new DataContent(image.Data, reference.MediaType);
            references.Add(reference);
        }

        return references;
    }

    // A trajectory knows from which round on it is learned, and nothing finer.
    private int LearnFrom()
    {
        var learned = record.Turns.Where(turn => turn.IsModel).Select(turn => turn.Learned).ToList();
        var first = learned.IndexOf(true);
        return learned.Skip(first).All(one => one) ? first : throw new InvalidDataException(
            "A turn of the model that is not to be learned follows one that is; a trajectory cannot say so. Train on the file itself (train sft).");
    }

    private async Task<Trajectory> AssembleAsync(string opening, IReadOnlyList<ImageReference> originals)
    {
        opening = opening.Replace(ShareGptTurn.ImagePlaceholder, string.Empty, StringComparison.Ordinal).Trim();
        var words = _rounds.LastOrDefault()?.Answer;
        var best = await BestAttempt.ChooseAsync(_attempts, words, _ => ValueTask.FromResult<Attempt?>(null));
        var content = string.Join('\n', record.Turns.Select(turn => $"{turn.Role}: {turn.Written}"));
        return new Trajectory
        {
            Id = $"import-{ImageInspector.ContentId(Encoding.UTF8.GetBytes(content))[..24]}",
            Prompt = opening,
            StartedAt = DateTimeOffset.UnixEpoch,
            Model = new ModelIdentity("unknown"),
            Generator = new ModelIdentity("unknown"),
            RootSeed = 0,
            Instructions = record.System ?? string.Empty,
            Opening = opening,
            OriginalImages = originals,
            Rounds = _rounds,
            Answer = best is var (attempt, rule) ? new FinalAnswer(attempt.Reference.Id, attempt.Round, rule, words) : null,
            Task = LearnFrom() is var first and > 0 ? new TrajectoryTask { LearnFrom = first } : null,
            StopReason = words is null ? StopReason.RoundLimit : best is null ? StopReason.Declined : StopReason.Answered,
        };
    }
}
