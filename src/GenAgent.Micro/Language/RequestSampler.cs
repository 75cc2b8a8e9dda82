using GenAgent.Judging;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Language;

/// <summary>
/// Draws requests as people type them, each with its meaning: the same seed gives the same request. An ambiguous request, or one that cannot be arranged,
/// is drawn again. Safe to use from many threads at once.
/// </summary>
/// <param name="language">The frames, facts and words.</param>
/// <param name="weights">Relative frequency of each topic; null for <see cref="DefaultWeights"/>. Topics without frames are not drawn.</param>
internal sealed class RequestSampler(RequestLanguage language, IReadOnlyDictionary<string, double>? weights = null)
{
    /// <summary>The topic of bare lists of groups, which need no frame.</summary>
    public const string List = "list";

    private const int MaxAttempts = 1000;

    private static readonly string[] Separators = [", ", ", ", " and ", " and ", " + ", "; ", " & ", " plus ", ", and ", "\n", " / ", ". ", " with "];

    private readonly (string Topic, double Weight)[] _topics = Topics(language, weights ?? DefaultWeights);
    private readonly RequestNoise _noise = new(language);

    /// <summary>The default weights.</summary>
    public static IReadOnlyDictionary<string, double> DefaultWeights { get; } = new Dictionary<string, double>(StringComparer.Ordinal)
    {
        [List] = 8, ["plain"] = 17, ["places"] = 22, ["sizes"] = 9, ["background"] = 6, ["knowledge"] = 22, ["negation"] = 8, ["indirect"] = 7, ["outside"] = 9,
    };

    /// <summary>The request of a seed.</summary>
    public LanguageRequest Draw(SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        return Draw(seed.Value);
    }

    /// <summary>The request of a seed.</summary>
    public LanguageRequest Draw(ulong seed)
    {
        var draws = new SeededDraws(seed);
        var topic = _topics[draws.Weighted([.. _topics.Select(t => t.Weight)])].Topic;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (Try(topic, draws) is { } request)
                return request;
        }

        throw new InvalidOperationException($"No request of {topic} came out in {MaxAttempts} attempts: its frames contradict each other.");
    }

    /// <summary>A request from one frame; null if this draw is ambiguous or cannot be arranged.</summary>
    internal LanguageRequest? Of(Frame frame, SeededDraws draws)
    {
        var draft = new RequestDraft(language, draws);
        var attached = Attached(frame, draws);
        IReadOnlyList<Frame> frames = attached is null ? [frame] : [frame, attached];
        if (!draft.Fill(frames))
            return null;
        if (frame.Meaning.Decline is { } reason)
            return Make(frame, Write(frame, attached, draft, draws), draft, null, reason, draws);
        var total = draft.Total(frames);
        if (total is > World.MaxObjects and < 15 && frame.Meaning.Groups.All(g => g.Place is null) && draws.Chance(0.06))
            return Make(frame, Write(frame, attached, draft, draws), draft, null, DeclineReason.Count, draws);
        return total is >= 1 and <= World.MaxObjects && draft.Meaning(frames) is { } meaning && CanBeArranged(meaning)
            ? Make(frame, Write(frame, attached, draft, draws), draft, meaning, null, draws)
            : null;
    }

    private LanguageRequest? Try(string topic, SeededDraws draws) =>
        Of(string.Equals(topic, List, StringComparison.Ordinal) ? ListFrame(draws) : draws.Pick(language.Requests(topic)), draws);

    private static (string, double)[] Topics(RequestLanguage language, IReadOnlyDictionary<string, double> weights) =>
        [.. weights.Where(w => w.Value > 0 && (string.Equals(w.Key, List, StringComparison.Ordinal) || language.Requests(w.Key).Count > 0))
            .OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => (w.Key, w.Value))];

    private static Frame ListFrame(SeededDraws draws)
    {
        var count = 1 + draws.Weighted([0.3, 0.3, 0.25, 0.15]);
        var separator = draws.Pick(Separators);
        var size = draws.Chance(0.12) ? "z" : "";
        List<object> parts = [];
        List<GroupTemplate> groups = [];
        for (var i = 1; i <= count; i++)
        {
            var slot = $"G{i}{size}";
            if (i > 1)
                parts.Add(i == count && separator.StartsWith(',') && draws.Chance(0.4) ? " and " : separator);
            parts.Add(new FrameSlot(SlotKind.Group, slot));
            groups.Add(new(slot, null, null, null, null, null, null));
        }

        return new("np", List, new(parts), new(groups, [], null, null), 0, List);
    }

    private Frame? Attached(Frame frame, SeededDraws draws)
    {
        if (!draws.Chance(frame.Meaning.Decline is null ? 0.16 : 0.06))
            return null;
        var attached = language.Section(draws.Chance(0.7) ? "attach" : "attach-before");
        if (attached.Count == 0)
            return null;
        var one = draws.Pick(attached);
        return one.Meaning.Canvas is null || frame.Meaning.Canvas is null ? one : null;
    }

    private string Write(Frame frame, Frame? attached, RequestDraft draft, SeededDraws draws)
    {
        var text = draft.Say(frame.Text);
        if (frame.Section is not "sentence" && language.Section("wrap") is { Count: > 0 } wraps && draws.Chance(frame.Section is "np" ? 0.5 : 0.15))
            text = Wrap(draws.Pick(wraps), text);
        if (attached is { Section: "attach" })
            text = text.TrimEnd('.', '!', '?', ' ') + draft.Say(attached.Text);
        else if (attached is not null)
            text = $"{draft.Say(attached.Text)} {text}";
        if (language.Section("before") is { Count: > 0 } before && draws.Chance(0.09))
            text = $"{draft.Say(draws.Pick(before).Text)} {text}";
        if (language.Section("after") is { Count: > 0 } after && draws.Chance(0.09))
            text = $"{(char.IsPunctuation(text[^1]) || draws.Chance(0.25) ? text : text + ".")} {draft.Say(draws.Pick(after).Text)}";
        return Articles.Correct(text);
    }

    private static string Wrap(Frame wrap, string text) => string.Concat(wrap.Text.Parts.Select(part => part is FrameSlot ? text : (string)part));

    private LanguageRequest Make(Frame frame, string text, RequestDraft draft, PromptConstraints? asked, DeclineReason? decline, SeededDraws draws) =>
        new(_noise.Apply(text, draws), frame.Topic, asked, decline, [.. draft.Facts.Select(f => f.Statement)], frame.Source);

    private static bool CanBeArranged(PromptConstraints asked)
    {
        var set = ConstraintSet.Parse(asked);
        if (set.Include.All(g => g.Region is null && !g.IsPlaced && g.Relative is null))
            return true;
        // With two pairs on one axis, each relation would also apply to the other pair's groups, which the text does not say.
        if (set.Include.Where(g => g.Region is not null).GroupBy(g => g.Region).Count(g => g.Count() > 1) > 1)
            return false;
        return ScenePlanner.CanMeet(asked);
    }
}
