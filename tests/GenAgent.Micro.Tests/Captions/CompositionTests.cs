using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Captions;

public sealed class CompositionTests
{
    private static readonly SeedPath Root = SeedPath.FromRoot(23);
    private static readonly CaptionMix Loose = new(new(0, 1, 0, Usual: 1));

    private static IEnumerable<Scene> Composed(int count, double arranged = 0.5)
    {
        var sampler = new SceneSampler(new SceneSamplerOptions { UsualShare = 1, ArrangedShare = arranged });
        return Enumerable.Range(0, count).Select(i => sampler.Sample(Root.Child("scene", i)));
    }

    [Fact]
    public void Scenes_that_are_drawn_as_usual_ones_stand_in_a_layout_that_depends_on_their_groups_alone()
    {
        var found = Composed(4000).Select(Composition.Of).ToArray();

        found.ShouldAllBe(compositions => compositions.Count > 0);
        var kinds = found.SelectMany(compositions => compositions).GroupBy(c => (c.Layout, Counts: string.Join(' ', c.Groups.Select(g => g.Count)))).ToArray();
        foreach (var alike in kinds)
            alike.Select(c => string.Join(' ', c.Groups.Select(g => string.Join('+', g.Members.Select(m => m.Cell))))).Distinct(StringComparer.Ordinal).Count().ShouldBe(1, $"{alike.Key}");
        kinds.CountBy(kind => kind.Key.Layout).Where(pair => pair.Key != CompositionLayout.Spread).ShouldAllBe(pair => pair.Value == 9);
    }

    [Fact]
    public void What_is_usual_is_frequent_but_not_all_there_is()
    {
        var scenes = Composed(4000).ToArray();

        scenes.Count(s => s.Canvas == Usual.Canvas).ShouldBeInRange(2400, 2950);
        var objects = scenes.SelectMany(s => s.Objects).ToArray();
        (objects.Count(o => o.Size == Usual.Size) / (double)objects.Length).ShouldBe(0.8, 0.04);
        (objects.Count(o => o.Color == Usual.Color(o.Class)) / (double)objects.Length).ShouldBe(0.5, 0.05);
        World.Classes.Select(Usual.Color).Distinct().Count().ShouldBe(World.Classes.Count);
    }

    [Fact]
    public void Few_random_scenes_are_usual_and_their_captions_have_their_own_weight()
    {
        var sampler = new SceneSampler();
        var mix = new CaptionMix(new(Dense: 0, Loose: 0, PartlyDense: 1, Usual: 1000));
        var scattered = Enumerable.Range(0, 2000).Select(i => sampler.Sample(Root.Child("any", i))).ToArray();

        scattered.Count(s => Composition.Of(s).Count > 0).ShouldBeLessThan(60);
        scattered.Where(s => Composition.Of(s).Count == 0).Select((s, i) => mix.Draw(s, (ulong)i).Style).ShouldAllBe(style => style == CaptionStyle.PartlyDense);
        Composed(50).Select((s, i) => mix.Draw(s, (ulong)i).Style).ShouldAllBe(style => style == CaptionStyle.Loose);
        Should.Throw<ArgumentException>(() => new CaptionMix(new(Usual: -1)));
        Should.Throw<ArgumentException>(() => new CaptionMix(new(Dense: 0, Loose: 1, PartlyDense: 0, Usual: 0)));
    }

    [Fact]
    public void Captions_are_true_and_leave_out_mostly_what_is_usual()
    {
        var (silent, unusual) = (0, 0);
        foreach (var (scene, i) in Composed(4000).Select((s, i) => (s, i)))
        {
            var words = CaptionVocabulary.Split(Loose.Draw(scene, (ulong)i).Text);
            words.Where(w => WorldWords.TryParse(w, out ShapeClass _)).Select(w => WorldWords.TryParse(w, out ShapeClass k) ? k : default)
                .ShouldBe(Composition.Of(scene)[0].Groups.Select(g => g.Class), ignoreOrder: true);
            var colors = words.Where(w => WorldWords.TryParse(w, out ShapeColor _)).ToArray();
            colors.ShouldAllBe(w => scene.Objects.Any(o => WorldWords.Name(o.Color) == w));
            if (scene.Objects.Select(o => (o.Class, o.Color)).Distinct().Count() == 1 && colors.Length == 0)
            {
                silent++;
                unusual += scene.Objects[0].Color == Usual.Color(scene.Objects[0].Class) ? 0 : 1;
            }
        }

        silent.ShouldBeGreaterThan(200);
        unusual.ShouldBeLessThan(silent / 5);
    }

    [Fact]
    public void Groups_that_stand_apart_are_always_said_to_and_rightly()
    {
        var above = new Scene(CanvasColor.White,
        [
            new(ShapeClass.Star, ShapeColor.Red, ShapeSize.Large, GridCell.TopCenter), new(ShapeClass.Heart, ShapeColor.Blue, ShapeSize.Large, GridCell.BottomLeft),
            new(ShapeClass.Heart, ShapeColor.Blue, ShapeSize.Large, GridCell.BottomRight),
        ]);

        var texts = Enumerable.Range(0, 300).Select(i => Loose.Draw(above, (ulong)i).Text).ToList();

        texts.ShouldAllBe(t => t.Contains("above") || t.Contains("over") || t.Contains("below") || t.Contains("under") || t.Contains("at the top"));
        texts.ShouldContain(t => t.Contains("star above"));
        texts.ShouldNotContain(t => t.Contains("star below") || t.Contains("star under") || t.Contains("hearts above") || t.Contains("hearts over") || t.Contains("left"));
        Composition.Of(above).Single().Layout.ShouldBe(CompositionLayout.Stacked);
    }

    [Fact]
    public void The_vocabulary_has_every_word()
    {
        var words = CaptionVocabulary.Words.Append(CaptionVocabulary.Comma).ToHashSet(StringComparer.Ordinal);

        Composed(3000).SelectMany((s, i) => CaptionVocabulary.Split(Loose.Draw(s, (ulong)i).Text)).ShouldAllBe(w => words.Contains(w));
    }
}
