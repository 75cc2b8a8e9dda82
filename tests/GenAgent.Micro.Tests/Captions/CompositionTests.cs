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

        found.ShouldAllBe(composition => composition != null);
        var kinds = found.GroupBy(c => (c!.InColumns, Counts: string.Join(' ', c.Groups.Select(g => g.Count)))).ToArray();
        foreach (var alike in kinds)
            alike.Select(c => string.Join(' ', c!.Groups.Select(g => string.Join('+', g.Members.Select(m => m.Cell)))))
                .Distinct(StringComparer.Ordinal)
                .Count()
                .ShouldBe(1, $"{alike.Key}");
        kinds.Count(kind => kind.Key.InColumns).ShouldBe(9);
        kinds.Count(kind => !kind.Key.InColumns).ShouldBe(7 + 9 + 23);
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

        scattered.Count(s => Composition.Of(s) is not null).ShouldBeLessThan(60);
        scattered.Where(s => Composition.Of(s) is null).Select((s, i) => mix.Draw(s, (ulong)i).Style).ShouldAllBe(style => style == CaptionStyle.PartlyDense);
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
                .ShouldBe(Composition.Of(scene)!.Groups.Select(g => g.Class), ignoreOrder: true);
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
    public void Where_groups_stand_is_said_rightly_or_left_to_the_order_of_the_words()
    {
        var above = new Scene(CanvasColor.White,
        [
            new(ShapeClass.Star, ShapeColor.Red, ShapeSize.Large, GridCell.TopCenter),
            new(ShapeClass.Heart, ShapeColor.Blue, ShapeSize.Large, GridCell.BottomLeft),
            new(ShapeClass.Heart, ShapeColor.Blue, ShapeSize.Large, GridCell.BottomRight),
        ]);

        var texts = Enumerable.Range(0, 300).Select(i => Loose.Draw(above, (ulong)i).Text).ToList();

        texts.ShouldContain(t => t.Contains("star above"));
        texts.Where(t => t.Contains(" and ") && !t.Contains("bottom")).ShouldAllBe(t => t.IndexOf("star") < t.IndexOf("heart"));
        texts.ShouldNotContain(
            t => t.Contains("star below") || t.Contains("star under") || t.Contains("hearts above") || t.Contains("hearts over") || t.Contains("left"));
        var beside = new Scene(CanvasColor.White, above.Objects.Select(o => o with { Cell = World.CellAt(o.Cell.Column(), o.Cell.Row()) }));
        Enumerable.Range(0, 300).Select(i => Loose.Draw(beside, (ulong)i).Text).ShouldAllBe(t => t.Contains("left") || t.Contains("right"));
        Composition.Of(beside)!.InColumns.ShouldBeTrue();
        Composition.Of(above)!.InColumns.ShouldBeFalse();
    }

    [Fact]
    public void The_vocabulary_has_every_word()
    {
        var words = CaptionVocabulary.Words.Append(CaptionVocabulary.Comma).ToHashSet(StringComparer.Ordinal);

        Composed(3000).SelectMany((s, i) => CaptionVocabulary.Split(Loose.Draw(s, (ulong)i).Text)).ShouldAllBe(w => words.Contains(w));
    }
}
