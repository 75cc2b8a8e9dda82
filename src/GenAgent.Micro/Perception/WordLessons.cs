using GenAgent.Micro.Facts;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Lessons in words alone: facts, what phrases and prompts mean, how groups become a plan and a caption, and how a description is judged. Pure.
/// </summary>
internal static class WordLessons
{
    private const int FactsAtOnce = 6;

    public static PerceptionExample Fact(SeededDraws draws)
    {
        var fact = draws.Pick(FactTable.All);
        var question = CanonicalWords.Question(fact);
        return draws.Chance(0.5)
            ? new(PerceptionKind.Fact, null, question, CanonicalWords.Answer(fact))
            : new(PerceptionKind.Fact, null, $"what do you know of {fact.Text}", CanonicalWords.Of(fact));
    }

    /// <summary>
    /// Several facts of the request language, worded as in a first turn's thinking. A request uses one or two of thousands of facts, so each fact is rare in
    /// requests; here it is frequent, at a twentieth of a request's length.
    /// </summary>
    public static PerceptionExample Recall(SeededDraws draws)
    {
        var facts = Enumerable.Range(0, FactsAtOnce)
            .Select(_ => draws.Pick(RequestLanguage.Training.Facts))
            .DistinctBy(fact => fact.Text, StringComparer.Ordinal)
            .ToList();
        return new(
            PerceptionKind.Recall,
            null,
            $"recall: {string.Join("; ", facts.Select(fact => fact.Question))}",
            string.Join(". ", facts.Select(fact => fact.Statement)));
    }

    /// <summary>A phrase for one group, such as "as many hearts as there are days in a weekend". Null if the benchmark holds out the combination.</summary>
    public static PerceptionExample? Phrase(SeededDraws draws)
    {
        var domain = draws.Pick(Enum.GetValues<KnowledgeDomain>());
        var groups = KnowledgeSampler.Draw(domain, draws).Where(g => g.Facts.Any()).ToArray();
        var group = draws.Pick(groups);
        var facts = group.Facts.Select(f => f.Id).ToArray();
        var alone = group with { Region = null, Size = null };
        var phrase = alone.Words(draws);
        var prompt = new MicroPrompt("phrase", PromptTags.Of(domain), phrase, [alone.Constraint], null, facts);
        return HeldOutCombinations.OfBenchmark.Contains(prompt)
            ? null
            : new(PerceptionKind.Phrase, null, $"meaning: {phrase}", Thinking.Of(prompt.Constraints, Thinking.Said(facts)));
    }

    public static PerceptionExample Groups(KnownRequest prompt) =>
        new(PerceptionKind.Groups, null, $"meaning: {prompt.Text}", Thinking.Of(prompt.Constraints, prompt.Said));

    /// <summary>
    /// A first turn up to the plan, or a refusal up to the alternatives: teaches most of understanding a request at a third of the length.
    /// </summary>
    public static PerceptionExample Request(LanguageRequest request) => new(
        PerceptionKind.Request, null, request.Text,
        request.Asked is { } asked ? TeacherTurns.Beginning(asked, request.Said) : TeacherTurns.Refusal(request.Decline!.Value)) { Unfinished = true };

    /// <summary>A whole first turn. Null if every plan that was tried shows what the benchmark asks for.</summary>
    public static PerceptionExample? FirstTurn(LanguageRequest request, SeedPath seed, Func<Scene, bool> avoid)
    {
        if (request.Asked is not { } asked)
            return new(PerceptionKind.FirstTurn, null, request.Text, TeacherTurns.Decline(request.Decline!.Value));
        var plan = ScenePlanner.First(asked, seed, avoid);
        return avoid(plan.Scene) ? null : new(PerceptionKind.FirstTurn, null, request.Text, TeacherTurns.First(asked, request.Said, plan));
    }

    /// <summary>Null if every plan that was tried shows what the benchmark asks for.</summary>
    public static PerceptionExample? Plan(KnownRequest prompt, SeedPath seed, Func<Scene, bool> avoid)
    {
        var plan = ScenePlanner.First(prompt.Constraints, seed, avoid);
        return avoid(plan.Scene) ? null : new(PerceptionKind.Plan, null, $"plan: {CanonicalWords.Of(prompt.Constraints)}", $"{plan.Words}\n{plan.Caption}");
    }

    /// <summary>Null if every plan that was tried shows what the benchmark asks for.</summary>
    public static PerceptionExample? PlanAgain(KnownRequest prompt, SeedPath seed, Func<Scene, bool> avoid)
    {
        var first = ScenePlanner.First(prompt.Constraints, seed.Child("first"), avoid);
        var plan = ScenePlanner.Another(prompt.Constraints, seed.Child("again"), [first.Caption], avoid);
        if (avoid(first.Scene) || avoid(plan.Scene))
            return null;
        var groups = CanonicalWords.Of(prompt.Constraints);
        return new(PerceptionKind.PlanAgain, null, $"not {first.Words}. plan: {groups}", $"{groups}. {plan.Words}\n{plan.Caption}");
    }

    /// <summary>Null if the described scene shows what the benchmark asks for.</summary>
    /// <param name="prompt">What was asked for.</param>
    /// <param name="scene">What came of it.</param>
    /// <param name="draws">Which of its objects are unclear: about one in twelve.</param>
    /// <param name="avoid">Scenes that are not shown.</param>
    public static PerceptionExample? Tally(KnownRequest prompt, Scene scene, SeededDraws draws, Func<Scene, bool> avoid)
    {
        if (avoid(scene))
            return null;
        var reading = SceneMistakes.Doubted(SceneReading.Of(scene), draws);
        return new(PerceptionKind.Tally, null, $"judge: {prompt.Text}\n{CanonicalWords.Of(reading)}", JudgeWords.Section(reading, prompt.Constraints));
    }
}
