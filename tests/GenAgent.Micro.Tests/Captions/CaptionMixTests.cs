using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Captions;

public sealed class CaptionMixTests
{
    private static readonly SeedPath Root = SeedPath.FromRoot(11);
    private static readonly SceneSampler Sampler = new();

    private static IEnumerable<(Scene Scene, Caption Caption)> Draw(int count, CaptionMixOptions? options = null)
    {
        var mix = new CaptionMix(options);
        return Enumerable.Range(0, count).Select(i => Sampler.Sample(Root.Child("scene", i))).Select((s, i) => (s, mix.Draw(s, Root.Child("caption", i))));
    }

    [Fact]
    public void A_tokenizer_made_from_the_vocabulary_knows_every_word_of_every_caption_and_wastes_no_token()
    {
        var words = CaptionVocabulary.Words.ToHashSet(StringComparer.Ordinal);
        words.Count.ShouldBe(CaptionVocabulary.Words.Count);

        var used = Draw(20_000, new(1, 2, 1)).SelectMany(p => CaptionVocabulary.Split(p.Caption.Text)).ToHashSet(StringComparer.Ordinal);

        used.Except(words, StringComparer.Ordinal).ShouldBe([CaptionVocabulary.Comma]);
        words.Except(used, StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void A_dense_caption_says_everything_in_reading_order_with_four_words_an_object()
    {
        var scene = new Scene(CanvasColor.Gray,
        [
            new(ShapeClass.Star, ShapeColor.Pink, ShapeSize.Small, GridCell.BottomRight, 1, 1),
            new(ShapeClass.Circle, ShapeColor.Red, ShapeSize.Large, GridCell.TopLeft),
        ]);

        DenseCaption.Write(scene).ShouldBe("large red circle top-left small pink star bottom-right gray background");
        foreach (var (drawn, _) in Draw(500))
            CaptionVocabulary.Split(DenseCaption.Write(drawn)).Count.ShouldBe((4 * drawn.Objects.Length) + 2);
        DenseCaption.MaxWords.ShouldBe(30);
    }

    [Fact]
    public void The_styles_come_in_the_shares_that_were_asked_for()
    {
        var shares = Draw(4000).CountBy(p => p.Caption.Style).ToDictionary(p => p.Key, p => p.Value / 4000.0);

        shares[CaptionStyle.Dense].ShouldBe(0.75, 0.03);
        shares[CaptionStyle.PartlyDense].ShouldBe(0.20, 0.03);
        shares[CaptionStyle.Loose].ShouldBe(0.05, 0.02);
        Draw(50, new(0, 1, 0)).ShouldAllBe(p => p.Caption.Style == CaptionStyle.Loose);
    }

    [Fact]
    public void A_caption_is_drawn_anew_for_every_seed_and_is_the_same_for_the_same_seed()
    {
        var scene = Sampler.Sample(5);
        var mix = new CaptionMix(new(0, 1, 1));

        mix.Draw(scene, 3).ShouldBe(mix.Draw(scene, 3));
        Enumerable.Range(0, 100).Select(i => mix.Draw(scene, (ulong)i).Text).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Fillers_are_words_without_a_token_and_none_of_the_benchmarks_frames()
    {
        var known = CaptionVocabulary.Words.Append(CaptionVocabulary.Comma).ToHashSet(StringComparer.Ordinal);
        var benchmark = MicroBenchmark.Load(PromptSplit.Test).Concat(MicroBenchmark.Load(PromptSplit.Validation))
            .Where(prompt => !prompt.Tag.StartsWith("knowledge", StringComparison.Ordinal))
            .SelectMany(prompt => CaptionVocabulary.Split(prompt.Prompt)).Except(known, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var plain = Draw(3000, new(0, 1, 0)).ToArray();
        var filled = Draw(3000, new(0, 1, 0, Fillers: 0.5)).ToArray();

        var unknown = filled.SelectMany(p => CaptionVocabulary.Split(p.Caption.Text)).Except(known, StringComparer.Ordinal).ToArray();
        unknown.Length.ShouldBeGreaterThan(20);
        benchmark.ShouldContain("photo");
        unknown.Intersect(benchmark, StringComparer.Ordinal).ShouldBeEmpty();
        filled.Zip(plain).Count(pair => pair.First != pair.Second).ShouldBeInRange(1100, 1500);
        Should.Throw<ArgumentException>(() => new CaptionMix(new(1, 1, 1, Fillers: 1.1)));
    }

    [Fact]
    public void Loose_captions_never_misname_what_is_there()
    {
        foreach (var (scene, caption) in Draw(5000, new(0, 1, 0)))
        {
            var words = CaptionVocabulary.Split(caption.Text);
            var classes = words.Where(w => WorldWords.TryParse(w, out ShapeClass _)).Select(w => WorldWords.TryParse(w, out ShapeClass k) ? k : default);
            classes.Except(scene.Objects.Select(o => o.Class)).ShouldBeEmpty(caption.Text);
            var colors = words.Where(w => WorldWords.TryParse(w, out ShapeColor _)).Select(w => WorldWords.TryParse(w, out ShapeColor k) ? k : default);
            colors.Except(scene.Objects.Select(o => o.Color)).ShouldBeEmpty(caption.Text);
        }
    }

    [Fact]
    public void Loose_relations_are_true_of_the_scene()
    {
        var above = new Scene(CanvasColor.White,
        [
            new(ShapeClass.Star, ShapeColor.Red, ShapeSize.Small, GridCell.TopLeft),
            new(ShapeClass.Heart, ShapeColor.Blue, ShapeSize.Small, GridCell.BottomLeft),
        ]);
        var mix = new CaptionMix(new(0, 1, 0));

        var texts = Enumerable.Range(0, 400).Select(i => mix.Draw(above, (ulong)i).Text).ToList();

        texts.ShouldContain(t => t.Contains("star above"));
        texts.ShouldContain(t => t.Contains("heart below") || t.Contains("heart under"));
        texts.ShouldNotContain(t => t.Contains("star below") || t.Contains("heart above") || t.Contains("left") || t.Contains("right") || t.Contains("bigger"));
    }

    [Fact]
    public void Partly_dense_captions_name_every_object_but_not_every_attribute()
    {
        var mix = new CaptionMix(new(0, 0, 1));
        var counts = new List<double>();
        foreach (var (scene, _) in Draw(500))
        {
            var words = CaptionVocabulary.Split(mix.Draw(scene, (ulong)counts.Count).Text);
            words.Count(w => WorldWords.TryParse(w, out ShapeClass _)).ShouldBe(scene.Objects.Length);
            counts.Add(words.Count(w => WorldWords.TryParse(w, out GridCell _)) / (double)scene.Objects.Length);
        }

        counts.Average().ShouldBeInRange(0.5, 0.9);
    }

    [Fact]
    public void Wrong_weights_are_refused()
    {
        Should.Throw<ArgumentException>(() => new CaptionMix(new(-1, 1, 1)));
        Should.Throw<ArgumentException>(() => new CaptionMix(new(0, 0, 0)));
    }
}
