using System.Collections.Concurrent;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Perception;

/// <summary>
/// An endless, deterministic stream of perception examples on rendered images and in words: the same options and index give the same example, on any thread
/// and in any order. No scene shows, and no prompt means, what the benchmark asks for. Safe to use from many threads at once.
/// </summary>
public sealed class PerceptionSource
{
    private static readonly PerceptionKind[] Kinds = Enum.GetValues<PerceptionKind>();

    private readonly PerceptionOptions _options;
    private readonly double[] _weights;
    private readonly SeedPath _seeds;
    private readonly TrainingPrompts _prompts;
    private readonly RequestSampler _requests;
    private readonly HeldOutCombinations _heldOut = HeldOutCombinations.OfBenchmark;
    private readonly SceneSampler _scenes = new(heldOut: HeldOutCombinations.OfBenchmark.Contains);
    private readonly SceneReader _reader = new();
    private readonly ConcurrentBag<Blemishes> _painters = [];

    /// <summary>Makes a source.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public PerceptionSource(PerceptionOptions? options = null)
    {
        _options = options ?? new();
        _weights = PerceptionOptions.Check(_options);
        _seeds = SeedPath.FromRoot(_options.Seed).Child("perception");
        _prompts = new TrainingPrompts(_options.Prompts);
        _requests = new RequestSampler(RequestLanguage.Training, _options.Topics);
    }

    /// <summary>The digest of the request language's files if examples are drawn from it; else empty.</summary>
    public string Language =>
        _options.FreeShare > 0 || new[] { PerceptionKind.Request, PerceptionKind.FirstTurn, PerceptionKind.Recall }.Any(kind => _weights[(int)kind] > 0)
            ? RequestLanguage.Digest
            : string.Empty;

    /// <summary>The example of this index, 0 or more.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <returns>The example; the same index gives the same one.</returns>
    public PerceptionExample Get(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var seed = _seeds.Child("example", index);
        var draws = new SeededDraws(seed);
        var kind = Kinds[draws.Weighted(_weights)];
        for (var attempt = 0; ; attempt++)
        {
            if (Draw(kind, draws, seed.Child("try", attempt)) is { } example)
                return example;
        }
    }

    /// <summary>An image without a question: a scene, clean or degraded, with its reading.</summary>
    /// <param name="index">0 or more.</param>
    /// <returns>The image and its reading.</returns>
    public SeenImage Look(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var seed = _seeds.Child("look", index);
        var draws = new SeededDraws(seed);
        for (var attempt = 0; ; attempt++)
        {
            var (image, reading) = Paint(_scenes.Sample(seed.Child("try", attempt)), draws);
            if (!IsHeldOut(reading))
                return new(image, reading);
        }
    }

    private PerceptionExample? Draw(PerceptionKind kind, SeededDraws draws, SeedPath seed) => kind switch
    {
        PerceptionKind.Fact => WordLessons.Fact(draws),
        PerceptionKind.Phrase => WordLessons.Phrase(draws),
        PerceptionKind.Request => Free(seed) is { } request ? WordLessons.Request(request) : null,
        PerceptionKind.Recall => WordLessons.Recall(draws),
        PerceptionKind.FirstTurn => Free(seed) is { } request ? WordLessons.FirstTurn(request, seed.Child("plan"), _heldOut.Contains) : null,
        _ when kind is PerceptionKind.Groups or PerceptionKind.Plan or PerceptionKind.PlanAgain or PerceptionKind.Tally or PerceptionKind.OwnTurn =>
            Prompt(draws, seed) is { } prompt ? Asked(kind, prompt, draws, seed) : null,
        _ => Picture(kind, draws, seed),
    };

    private PerceptionExample? Asked(PerceptionKind kind, KnownRequest prompt, SeededDraws draws, SeedPath seed) => kind switch
    {
        PerceptionKind.Groups => WordLessons.Groups(prompt),
        PerceptionKind.Plan => WordLessons.Plan(prompt, seed.Child("plan"), _heldOut.Contains),
        PerceptionKind.PlanAgain => WordLessons.PlanAgain(prompt, seed.Child("plan"), _heldOut.Contains),
        PerceptionKind.Tally => Tally(prompt, draws, seed),
        _ => OwnTurn(prompt, draws, seed),
    };

    /// <summary>A request in free wording; null if the benchmark asks for its meaning.</summary>
    private LanguageRequest? Free(SeedPath seed)
    {
        var request = _requests.Draw(seed.Child("request"));
        return request.Asked is { } asked && _heldOut.Contains(new MicroPrompt(request.Source, request.Topic, request.Text, asked.Include)) ? null : request;
    }

    /// <summary>A drawable prompt, in free wording or not; null if the benchmark asks for its meaning.</summary>
    private KnownRequest? Prompt(SeededDraws draws, SeedPath seed) => _options.FreeShare > 0 && draws.Chance(_options.FreeShare)
        ? Free(seed) is { Asked: not null } request ? KnownRequest.Of(request) : null
        : KnownRequest.Of(_prompts.Draw(seed));

    private PerceptionExample? Tally(KnownRequest prompt, SeededDraws draws, SeedPath seed) =>
        WordLessons.Tally(prompt, Attempt(prompt, draws, seed), draws, _heldOut.Contains);

    /// <summary>
    /// A misread request, a plan, an image and a description that may all disagree; the judgment follows from the request and the description. Null if one
    /// of them is held out.
    /// </summary>
    private PerceptionExample? OwnTurn(KnownRequest prompt, SeededDraws draws, SeedPath seed)
    {
        var taken = draws.Chance(0.2) ? SceneMistakes.Misheard(prompt.Constraints, draws) : prompt.Constraints;
        if (!ScenePlanner.CanMeet(taken))
            taken = prompt.Constraints;
        var right = ScenePlanner.First(taken, seed.Child("plan"), _heldOut.Contains);
        var plan = draws.Chance(0.25) ? SceneMistakes.Miscounted(right) : right;
        var shown = SceneMistakes.Jitter(draws.Chance(0.6) ? right.Scene : SceneMistakes.Make(right.Scene, draws), draws);
        var said = draws.Chance(0.4) ? plan.Scene : SceneMistakes.Make(plan.Scene, draws);
        if (_heldOut.Contains(plan.Scene) || _heldOut.Contains(shown) || _heldOut.Contains(said))
            return null;
        var (image, reading) = Paint(shown, draws);
        if (IsHeldOut(reading))
            return null;
        var (description, rest) = JudgeWords.Cut(TeacherTurns.Judge(
            SceneMistakes.Doubted(SceneReading.Of(said), draws), prompt.Constraints, 1,
            () => ScenePlanner.Another(prompt.Constraints, seed.Child("again"), [plan.Caption], _heldOut.Contains)));
        return new(PerceptionKind.OwnTurn, image, prompt.Text, rest)
        {
            FirstTurn = TeacherTurns.First(taken, prompt.Said, plan),
            Given = description,
        };
    }

    /// <summary>A scene, its image and a question; null if the scene, or its misreading, is held out.</summary>
    private PerceptionExample? Picture(PerceptionKind kind, SeededDraws draws, SeedPath seed)
    {
        var asks = kind is PerceptionKind.Judge or PerceptionKind.OwnWords;
        var prompt = asks ? Prompt(draws, seed) : null;
        if (asks && prompt is null)
            return null;
        var scene = prompt is null ? _scenes.Sample(seed) : Attempt(prompt, draws, seed);
        if (_heldOut.Contains(scene))
            return null;
        var (image, reading) = Paint(scene, draws);
        return IsHeldOut(reading) ? null : ImageQuestions.Ask(kind, draws, image, reading, prompt);
    }

    /// <summary>A plausible image for a prompt: as planned, or with one to three mistakes.</summary>
    private static Scene Attempt(KnownRequest prompt, SeededDraws draws, SeedPath seed)
    {
        var scene = SceneMistakes.Jitter(ScenePlanner.First(prompt.Constraints, seed.Child("plan")).Scene, draws);
        return draws.Chance(0.45) ? scene : SceneMistakes.Make(scene, draws);
    }

    private (RgbImage Image, SceneReading Reading) Paint(Scene scene, SeededDraws draws)
    {
        if (!_painters.TryTake(out var painter))
            painter = new();
        try
        {
            if (!draws.Chance(_options.DegradedShare))
                return (painter.Clean(scene), SceneReading.Of(scene));
            var image = painter.Degrade(scene, draws);
            return (image, _reader.Read(image));
        }
        finally
        {
            _painters.Add(painter);
        }
    }

    /// <summary>Whether an image shows what the benchmark asks for.</summary>
    internal bool IsHeldOut(SceneReading reading) => SceneMistakes.AsScene(reading) is { } seen && _heldOut.Contains(seen);
}
