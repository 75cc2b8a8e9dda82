using GenAgent.Micro.Language;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Language;

public sealed class RequestSamplerTests
{
    private static readonly SeedPath Root = SeedPath.FromRoot(3);
    private static readonly Lazy<string> Words = new(() =>
    {
        using var reader = new StreamReader(typeof(RequestLanguage).Assembly.GetManifestResourceStream("language/lexicon.tsv")!);
        return reader.ReadToEnd();
    });

    private static LanguageRequest[] Draw(int count, RequestLanguage language) =>
        [.. Enumerable.Range(0, count).Select(i => new RequestSampler(language).Draw(Root.Child("request", i)))];

    private static LanguageRequest[] OfFrame(string frame, int count = 200)
    {
        var language = RequestLanguage.Load(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["lexicon.tsv"] = Words.Value, ["w/plain.frames"] = frame });
        var sampler = new RequestSampler(language, new Dictionary<string, double>(StringComparer.Ordinal) { ["plain"] = 1 });
        return [.. Enumerable.Range(0, count).Select(i => sampler.Draw(Root.Child("one", i)))];
    }

    [Fact]
    public void A_seed_gives_its_request_on_any_thread_and_in_any_order()
    {
        var sampler = new RequestSampler(RequestLanguage.Training);
        var alone = Enumerable.Range(0, 400).Select(i => sampler.Draw(Root.Child("same", i)).Text).ToArray();

        var together = new string[alone.Length];
        Parallel.For(0, alone.Length, i => together[alone.Length - 1 - i] = sampler.Draw(Root.Child("same", alone.Length - 1 - i)).Text);

        together.ShouldBe(alone);
        alone.Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(390);
    }

    [Fact]
    public void Every_request_that_is_not_declined_can_be_planned()
    {
        foreach (var request in Draw(2000, RequestLanguage.Training).Concat(Draw(1000, RequestLanguage.Validation)))
        {
            (request.Asked is null).ShouldBe(request.Decline is not null, request.Text);
            if (request.Asked is { } asked)
                ConstraintVerifier.Verify(SceneReading.Of(ScenePlanner.First(asked, Root).Scene), asked).Passed
                    .ShouldBeTrue($"{request.Source}: {request.Text}");
        }
    }

    [Fact]
    public void Every_frame_of_the_shipped_files_comes_up()
    {
        foreach (var language in new[] { RequestLanguage.Training, RequestLanguage.Validation })
        {
            var sampler = new RequestSampler(language);
            foreach (var frame in language.Topics.SelectMany(language.Requests))
                Enumerable.Range(0, 400).Any(i => sampler.Of(frame, new SeededDraws(Root.Child("frame", i))) is not null).ShouldBeTrue(frame.Source);
        }
    }

    [Fact]
    public void Numbers_colours_and_places_are_those_of_the_text()
    {
        foreach (var request in OfFrame("== np\n{n1} {c1} {s1s} in row one and one more {c2} {s2} on {b1} => n1 c1 s1 @row:top; n1+1 c2 s2; bg=b1")
            .Where(r => r.Asked is not null))
        {
            var (first, second) = (request.Asked!.Include[0], request.Asked.Include[1]);
            second.Count.ShouldBe(first.Count + 1);
            first.Class.ShouldNotBe(second.Class);
            first.Color.ShouldNotBe(second.Color);
            first.Rows.ShouldBe("top");
            request.Asked.Background.ShouldBeOneOf("white", "gray", "black");
        }
    }

    [Fact]
    public void What_is_forbidden_is_asked_for_nowhere_else()
    {
        foreach (var request in OfFrame("== np\n{n1} {s1s}, {G2}, no {s8s}, nothing {c8} => n1 s1; G2; not c8 s1").Where(r => r.Asked is not null))
        {
            var forbidden = request.Asked!.Exclude.ShouldHaveSingleItem();
            request.Asked.Include.ShouldNotContain(group => group.Color == forbidden.Color);
            forbidden.Class.ShouldBe(request.Asked.Include[0].Class);
        }
    }

    [Fact]
    public void More_than_the_world_holds_is_declined_for_its_number()
    {
        var requests = OfFrame("== np\n{n1} {c1} {s1s} and {n2} {c2} {s2s} => n1 c1 s1; n2 c2 s2", 600);

        requests.Where(r => r.Decline is not null).ShouldNotBeEmpty();
        requests.Where(r => r.Decline is not null).ShouldAllBe(r => r.Decline == DeclineReason.Count);
        requests.Where(r => r.Asked is not null).ShouldAllBe(r => r.Asked!.Include.Sum(g => g.Count) <= World.MaxObjects);
    }

    [Fact]
    public void Two_groups_that_could_be_taken_for_each_other_are_never_asked_for()
    {
        foreach (var request in Draw(3000, RequestLanguage.Training).Where(r => r.Asked is not null))
        {
            foreach (var alike in request.Asked!.Include.GroupBy(g => g.Class, StringComparer.Ordinal).Where(g => g.Count() > 1))
            {
                alike.ShouldAllBe(g => g.Color != null, request.Text);
                alike.Select(g => (g.Color, g.Size)).ShouldBeUnique(request.Text);
            }
        }
    }

    [Fact]
    public void A_slip_of_the_pen_makes_no_other_word_of_the_language()
    {
        var language = RequestLanguage.Training;
        var noise = new RequestNoise(language);
        const string Text = "three purple circles beneath several yellow squares";
        var known = language.Vocabulary;
        for (var i = 0; i < 3000; i++)
        {
            var words = noise.Apply(Text, new SeededDraws(Root.Child("noise", i))).ToLowerInvariant()
                .Split([' ', '.', '!'], StringSplitOptions.RemoveEmptyEntries);
            words.Where(known.Contains).Except(Text.Split(' '), StringComparer.Ordinal).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("a orange star", "an orange star")]
    [InlineData("an red star and a 8", "a red star and an 8")]
    [InlineData("a unicorn, an X, a T", "a unicorn, an X, a T")]
    [InlineData("A enormous ring", "An enormous ring")]
    public void Articles_fit_the_word_behind_them(string text, string expected) => Articles.Correct(text).ShouldBe(expected);
}
