using GenAgent.Generators;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Running;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Perception;

public sealed class PaintingRunTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    private string Folder(string name) => _root[name];

    private static async Task PaintAsync(string folder, int count, int jobs)
    {
        using var generator = new CanvasGenerator();
        await new PaintingRun(generator, new("canvas", 6)).RunAsync(folder, count, jobs, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static string[] Lines(string folder) => [.. File.ReadAllLines(Path.Combine(folder, "paintings.jsonl")).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_run_that_was_cut_short_in_a_line_goes_on_to_the_same_paintings()
    {
        await PaintAsync(Folder("whole"), 24, jobs: 8);
        await PaintAsync(Folder("cut"), 10, jobs: 1);
        var file = Path.Combine(Folder("cut"), "paintings.jsonl");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^40]);

        await PaintAsync(Folder("cut"), 24, jobs: 3);

        Lines(Folder("cut")).ShouldBe(Lines(Folder("whole")));
    }

    [Fact]
    public async Task Another_source_is_refused()
    {
        await PaintAsync(Folder("one"), 1, jobs: 1);
        using var generator = new CanvasGenerator();

        var refusal = await Should.ThrowAsync<ArgumentException>(
            () => new PaintingRun(generator, new("canvas", 7)).RunAsync(Folder("one"), 2, cancellationToken: TestContext.Current.CancellationToken));

        refusal.Message.ShouldContain("run.json: the folder was begun with other settings: seed was 6, now 7");
    }

    [Fact]
    public async Task A_folder_of_the_first_version_is_resumed_and_what_it_did_not_record_is_told()
    {
        await PaintAsync(Folder("old"), 4, jobs: 1);
        File.Delete(Path.Combine(Folder("old"), "run.json"));
        File.WriteAllText(Path.Combine(Folder("old"), "paint.json"), """{"generator":"canvas","seed":6}""");
        using var generator = new CanvasGenerator();
        (await Should.ThrowAsync<ArgumentException>(
            () => new PaintingRun(generator, new("canvas", 6, Steps: 2)).RunAsync(Folder("old"), 5, cancellationToken: TestContext.Current.CancellationToken)))
            .Message.ShouldContain("steps was empty, now 2");

        await PaintAsync(Folder("old"), 8, jobs: 2);
        await PaintAsync(Folder("new"), 8, jobs: 2);

        Lines(Folder("old")).ShouldBe(Lines(Folder("new")));
    }

    [Fact]
    public async Task A_generator_that_gives_no_image_stops_the_run_with_its_name_and_what_is_painted_stays()
    {
        await PaintAsync(Folder("half"), 3, jobs: 1);
        using var dead = new DeadGenerator();

        var stopped = await Should.ThrowAsync<RunStoppedException>(
            () => new PaintingRun(dead, new("canvas", 6)).RunAsync(Folder("half"), 50, cancellationToken: TestContext.Current.CancellationToken));

        stopped.Message.ShouldContain("5 paintings in a row failed");
        stopped.Message.ShouldContain("returned no image");
        Lines(Folder("half")).Length.ShouldBe(3);
    }

    [Fact]
    public async Task The_generator_is_asked_for_as_many_steps_as_the_source_says()
    {
        var cancelled = TestContext.Current.CancellationToken;
        using var counting = new StepsCounter();
        await new PaintingRun(counting, new("canvas", 6, Steps: 3)).RunAsync(Folder("three"), 2, cancellationToken: cancelled);
        await new PaintingRun(counting, new("canvas", 6)).RunAsync(Folder("usual"), 1, cancellationToken: cancelled);

        counting.Asked.ShouldBe([3, 3, null]);
        await Should.ThrowAsync<ArgumentException>(
            () => new PaintingRun(counting, new("canvas", 6)).RunAsync(Folder("three"), 3, cancellationToken: cancelled));
        Should.Throw<ArgumentOutOfRangeException>(() => new PaintingSource("canvas", 6, Steps: 0));
    }

    [Fact]
    public async Task A_folder_takes_one_writer_at_a_time()
    {
        await using (PaintingStore.Open(Folder("shared"), new("canvas", 6)))
        {
            Should.Throw<IOException>(() => PaintingStore.Open(Folder("shared"), new("canvas", 6))).Message.ShouldContain("Another process is writing to");
            PaintingStore.Load(Folder("shared")).ShouldBeEmpty("reading takes no right");
        }

        await PaintingStore.Open(Folder("shared"), new("canvas", 6)).DisposeAsync();
    }

    [Fact]
    public async Task A_folder_asks_the_same_questions_at_the_same_index_and_others_beyond_its_images()
    {
        await PaintAsync(Folder("asked"), 20, jobs: 4);
        var (folder, again) = (new PaintedFolder(Folder("asked")), new PaintedFolder(Folder("asked")));

        folder.Count.ShouldBeInRange(1, 20);
        for (var i = 0; i < 60; i++)
        {
            var example = folder.Get(i);
            example.Image.ShouldNotBeNull();
            (example.Kind, example.Question, example.Answer).ShouldBe((again.Get(i).Kind, again.Get(i).Question, again.Get(i).Answer));
        }

        Enumerable.Range(0, 20).Select(i => folder.Get(i * folder.Count).Question).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Only_images_with_something_that_is_hard_to_read_are_chosen_where_that_is_asked_for()
    {
        await PaintAsync(Folder("mixed"), 40, jobs: 4);
        var sure = PaintingStore.Load(Folder("mixed"))
            .Where(p => p.Reading.Objects.Count > 0)
            .Select(p => p.Reading.Objects.Min(o => o.Confidence))
            .Order()
            .ToList();
        var limit = (sure[sure.Count / 2] + sure[(sure.Count / 2) + 1]) / 2.0;

        var hard = new PaintedFolder(Folder("mixed"), new() { MaxConfidence = limit });

        hard.Count.ShouldBeLessThan(new PaintedFolder(Folder("mixed")).Count);
        Enumerable.Range(0, hard.Count).ShouldAllBe(i => hard.Look(i).Reading.Objects.Any(o => o.Confidence <= limit));
        Should.Throw<InvalidDataException>(() => new PaintedFolder(Folder("mixed"), new() { MaxConfidence = 0 })).Message.ShouldContain("no painting");
        Should.Throw<ArgumentException>(() => new PaintedFolder(Folder("mixed"), new() { MaxConfidence = 1.5 })).Message.ShouldContain("MaxConfidence");
    }

    [Fact]
    public async Task Retouched_images_look_alike_and_are_read_anew()
    {
        await PaintAsync(Folder("retouched"), 10, jobs: 4);
        var folder = new PaintedFolder(Folder("retouched"));
        var reader = new SceneReader();

        for (var i = 0; i < folder.Count; i++)
        {
            var (plain, retouched, other) = (folder.Look(i), folder.LookRetouched(i), folder.LookRetouched(i + folder.Count));
            retouched.Image.Pixels.ShouldBe(folder.LookRetouched(i).Image.Pixels);
            other.Image.Pixels.ShouldNotBe(retouched.Image.Pixels);
            retouched.Image.Pixels.Zip(plain.Image.Pixels, (a, b) => Math.Abs(a - b)).Average().ShouldBeInRange(0.3, 25);
            retouched.Reading.Objects.ShouldBe(reader.Read(retouched.Image).Objects);
        }
    }

    [Fact]
    public async Task Own_words_are_judged_as_they_stand_before_an_image_that_shows_something_else()
    {
        await PaintAsync(Folder("own-words"), 30, jobs: 4);
        var folder = new PaintedFolder(Folder("own-words"), new() { Weights = new Dictionary<PerceptionKind, double> { [PerceptionKind.OwnWords] = 1 } });
        var (others, passed) = (0, 0);
        for (var i = 0; i < 90; i++)
        {
            var example = folder.Get(i);
            example.Given.ShouldStartWith("<judge>");
            example.Given.ShouldEndWith(" background.");
            example.Answer.ShouldStartWith(" ");
            example.Answer.ShouldEndWith("</judge>");
            if (!example.Given.Contains(CanonicalWords.Of(folder.Look(i).Reading), StringComparison.Ordinal)) others++;
            if (example.Answer.Contains("verdict: pass", StringComparison.Ordinal)) passed++;
        }

        others.ShouldBeGreaterThan(45, "most describe another image than the one before them");
        passed.ShouldBeInRange(5, 60);
    }

    [Fact]
    public async Task Paintings_of_requests_are_judged_at_work_against_the_request_and_not_against_the_plan()
    {
        using var generator = new CanvasGenerator();
        await new PaintingRun(generator, new("canvas", 6, Requests: 1)).RunAsync(
            Folder("requests"), 60, cancellationToken: TestContext.Current.CancellationToken);
        var folder = new PaintedFolder(Folder("requests"), new() { Weights = new Dictionary<PerceptionKind, double> { [PerceptionKind.OwnTurn] = 1 } });
        var (turns, passed, otherPlans) = (0, 0, 0);
        for (var i = 0; i < 120; i++)
        {
            var example = folder.Get(i);
            if (example.Kind != PerceptionKind.OwnTurn) continue;
            turns++;
            example.FirstTurn!.ShouldStartWith("<think>");
            example.Answer.ShouldStartWith($"<judge>{CanonicalWords.Of(folder.Look(i).Reading)}. ");
            passed += example.Answer.Contains("verdict: pass", StringComparison.Ordinal) ? 1 : 0;
            otherPlans += example.FirstTurn!.Contains(DenseCaptionOf(folder, i), StringComparison.Ordinal) ? 0 : 1;
        }

        turns.ShouldBeGreaterThan(90);
        passed.ShouldBeGreaterThan(turns / 2);
        otherPlans.ShouldBeInRange(5, turns / 2);
        await Should.ThrowAsync<ArgumentException>(
            () => new PaintingRun(generator, new("canvas", 6)).RunAsync(Folder("requests"), 61, cancellationToken: TestContext.Current.CancellationToken));
        Should.Throw<ArgumentOutOfRangeException>(() => new PaintingSource("canvas", 6, Requests: 0));
    }

    private static string DenseCaptionOf(PaintedFolder folder, int index) => string.Join(' ', folder.Look(index).Reading.Objects.Select(CanonicalWords.Of));

    [Fact]
    public async Task Two_choices_from_one_folder_are_cut_at_the_same_place()
    {
        await PaintAsync(Folder("cut-in-two"), 40, jobs: 4);
        var all = new PaintedFolder(Folder("cut-in-two"));
        var confidences = Enumerable.Range(0, all.Count).Select(i => all.Look(i).Reading.Objects.Min(o => o.Confidence)).Order().ToList();
        var hard = new PaintedFolder(Folder("cut-in-two"), new() { MaxConfidence = confidences[all.Count / 2] });
        hard.Count.ShouldBeInRange(4, all.Count - 1);

        var (learned, kept) = all.Split(0.5);
        var (hardLearned, hardKept) = hard.Split(0.5);

        (learned.Count + kept.Count, hardLearned.Count + hardKept.Count).ShouldBe((all.Count, hard.Count));
        var seen = Enumerable.Range(0, learned.Count).Select(i => learned.Look(i).Image.Pixels).ToList();
        Enumerable.Range(0, hardKept.Count).ShouldAllBe(i => !seen.Exists(pixels => pixels.SequenceEqual(hardKept.Look(i).Image.Pixels)));
        Should.Throw<InvalidDataException>(() => all.Split(0.999)).Message.ShouldContain("paint more");
    }

    private sealed class DeadGenerator() : DelegatingImageGenerator(new CanvasGenerator())
    {
        public override Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ImageGenerationResponse([]));
    }

    private sealed class StepsCounter() : DelegatingImageGenerator(new CanvasGenerator())
    {
        public List<int?> Asked { get; } = [];

        public override Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            lock (Asked)
                Asked.Add(options.GetSteps());
            return base.GenerateAsync(request, options, cancellationToken);
        }
    }
}
