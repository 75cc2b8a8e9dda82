using System.Text.RegularExpressions;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Language;

namespace GenAgent.Micro.Tests.Language;

public sealed partial class RequestLanguageTests
{
    // Shorter ones, as "above" or "to the left of", are the language itself and nobody's wording.
    private const int LeastWords = 5;

    private static readonly RequestLanguage Training = RequestLanguage.Training;
    private static readonly string[] SlotWords = [.. Training.Words.SlotWords.Concat(["a", "an", "the", "one", "single", "pair", "couple", "trio"])
        .OrderByDescending(w => w.Length)];

    [Fact]
    public void There_are_thousands_of_frames_and_two_thousand_facts()
    {
        Training.Frames.Count.ShouldBeGreaterThan(4000);
        RequestLanguage.Validation.Frames.Count.ShouldBeGreaterThan(500);
        RequestLanguage.AllFacts().Count.ShouldBeGreaterThanOrEqualTo(2000);
    }

    [Fact]
    public void What_is_held_out_is_not_trained_on()
    {
        Training.Frames.Select(f => f.Source).Intersect(RequestLanguage.Validation.Frames.Select(f => f.Source), StringComparer.Ordinal).ShouldBeEmpty();
        (RequestLanguage.AllFacts().Count(RequestLanguage.IsHeldOut) / (double)RequestLanguage.AllFacts().Count).ShouldBeInRange(0.035, 0.065);
        Training.Facts.ShouldNotContain(fact => RequestLanguage.IsHeldOut(fact));
    }

    [Fact]
    public void No_fact_contradicts_another() =>
        RequestLanguage.AllFacts()
            .Where(f => f.Owner is null)
            .GroupBy(f => (f.Kind, f.Text.ToUpperInvariant()))
            .Where(g => g.Select(f => f.Value).Distinct(StringComparer.Ordinal).Count() > 1)
            .ShouldBeEmpty();

    [Fact]
    public void No_training_frame_is_a_development_request_without_its_slots()
    {
        var requests = FreeformBenchmark.Load().Tasks
            .GroupBy(t => WithoutSlots(t.Prompt), StringComparer.Ordinal)
            .Where(g => g.Key.Split(' ').Length >= LeastWords)
            .ToDictionary(g => g.Key, g => g.First().Prompt, StringComparer.Ordinal);
        requests.Count.ShouldBeGreaterThan(100);

        foreach (var frame in Training.Frames)
        {
            var text = WithoutSlots(string.Concat(frame.Text.Parts.Select(part => part as string ?? " # ")));
            requests.TryGetValue(text, out var request).ShouldBeFalse($"{frame.Source} is \"{request}\"");
        }
    }

    private static string WithoutSlots(string text)
    {
        text = text.ToLowerInvariant()
            .Replace("colour", "color", StringComparison.Ordinal)
            .Replace("grey", "gray", StringComparison.Ordinal)
            .Replace("centre", "center", StringComparison.Ordinal);
        foreach (var word in SlotWords)
            text = Regex.Replace(text, $@"\b{Regex.Escape(word)}\b", " ", RegexOptions.None, TimeSpan.FromSeconds(1));
        return string.Join(' ', Word().Matches(text).Select(m => m.Value).Where(w => !char.IsDigit(w[0])));
    }

    [GeneratedRegex("[a-z0-9']+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
