using GenAgent.Running;
using GenAgent.Training.Synthesis;
using GenAgent.Training.Synthesis.Filters;
using GenAgent.Trajectories;

namespace GenAgent.Training.Tests.Synthesis;

public sealed class SynthesizerTests : IDisposable
{
    private static readonly SynthesisOptions Options = new() { Seed = 3, Count = 40, OwnWordsShare = 0.2, LostAttributeShare = 0.2, FailedCallShare = 0.2 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string[] Lines(string folder) => [.. File.ReadAllLines(Path.Combine(folder, TrajectoryFolder.FileName)).Order(StringComparer.Ordinal)];

    private async Task<string> MakeAsync(string name, int jobs, SynthesisOptions? options = null)
    {
        await SynthesisWorld.Synthesizer(options ?? Options).RunAsync(_folder.File(name), jobs, cancellationToken: TestContext.Current.CancellationToken);
        return _folder.File(name);
    }

    [Fact]
    public async Task Neither_concurrency_nor_a_second_run_changes_a_byte() =>
        Lines(await MakeAsync("one", jobs: 1)).ShouldBe(Lines(await MakeAsync("many", jobs: 16)));

    [Fact]
    public async Task A_run_that_was_stopped_goes_on_to_the_same_data()
    {
        var stopped = _folder.File("stopped");
        await Should.ThrowAsync<RunStoppedException>(() => SynthesisWorld.Synthesizer(Options, new SynthesisWorld.Painter { FailAfter = 25 })
            .RunAsync(stopped, 4, cancellationToken: TestContext.Current.CancellationToken));
        var file = Path.Combine(stopped, TrajectoryFolder.FileName);
        File.AppendAllText(file, File.ReadAllLines(file)[0][..60]);

        Lines(await MakeAsync("stopped", jobs: 4)).ShouldBe(Lines(await MakeAsync("whole", jobs: 4)));
    }

    [Fact]
    public async Task A_folder_of_the_first_version_is_resumed_with_the_same_settings()
    {
        await MakeAsync("old", jobs: 2, Options with { Count = 10 });
        File.Delete(Path.Combine(_folder.File("old"), RunManifest.FileName));
        File.WriteAllText(Path.Combine(_folder.File("old"), "synthesis.json"), """
            {"teacher":"teacher","generator":"painter","judge":"judge/1","prompts":"colors",
             "options":{"seed":3,"count":1,"rounds":2,"ownWordsShare":0.2,"lostAttributeShare":0.2,"wrongAttributeShare":0.08,"failedCallShare":0.2}}
            """);
        (await Should.ThrowAsync<ArgumentException>(() => MakeAsync("old", jobs: 2, Options with { Steps = 4 }))).Message.ShouldContain(
            "options:steps was empty, now 4");

        Lines(await MakeAsync("old", jobs: 2)).ShouldBe(Lines(await MakeAsync("whole", jobs: 2)));
    }

    [Fact]
    public async Task A_folder_of_other_data_is_refused_and_a_larger_count_adds_to_the_same()
    {
        await MakeAsync("grown", jobs: 2, Options with { Count = 10 });
        (await Should.ThrowAsync<ArgumentException>(() => MakeAsync("grown", jobs: 2, Options with { Seed = 4 }))).Message.ShouldContain(
            "run.json: the folder was begun with other settings: seed was 3, now 4");

        Lines(await MakeAsync("grown", jobs: 2)).ShouldBe(Lines(await MakeAsync("whole", jobs: 2)));
    }

    [Fact]
    public async Task First_turns_go_wrong_as_often_as_is_asked_and_failed_calls_recover()
    {
        var samples = await FilterRun.ReadAsync(new(await MakeAsync("mixed", jobs: 8, Options with { Count = 200 })), TestContext.Current.CancellationToken);

        samples.Count(s => s.FirstTry == FirstTry.OwnWords).ShouldBeInRange(20, 60);
        foreach (var sample in samples.Where(s => s.FirstTry == FirstTry.FailedCall))
        {
            sample.Trajectory.Rounds[0].Faults.Count.ShouldBe(1);
            sample.Trajectory.Rounds[1].Images.Count.ShouldBe(1);
            sample.Trajectory.Task!.LearnFrom.ShouldBe(1);
        }

        samples.First(s => s.FirstTry == FirstTry.OwnWords).Trajectory.Rounds[0].Generation!.Prompt.ShouldStartWith("picture");
    }

    [Fact]
    public async Task Filtered_data_is_in_order_and_the_same_whoever_made_it()
    {
        var target = _folder.File("kept");
        var report = await new FilterRun(FilterRun.Standard(), new()).RunAsync(
            new(await MakeAsync("raw1", jobs: 1, Options with { Count = 120 })), target, TestContext.Current.CancellationToken);
        await new FilterRun(FilterRun.Standard(), new()).RunAsync(
            new(await MakeAsync("raw2", jobs: 9, Options with { Count = 120 })), _folder.File("kept2"), TestContext.Current.CancellationToken);

        report.Read.ShouldBe(120);
        report.Kept.ShouldBe(report.Read - report.Filters.Sum(f => f.Dropped));
        report.Filters.Single(f => f.Name == "not_better").Examples.ShouldNotBeEmpty();
        File.ReadAllBytes(Path.Combine(target, TrajectoryFolder.FileName))
            .ShouldBe(File.ReadAllBytes(Path.Combine(_folder.File("kept2"), TrajectoryFolder.FileName)));
    }

    [Fact]
    public async Task Every_image_is_made_in_the_steps_that_are_asked_for()
    {
        var samples = await FilterRun.ReadAsync(
            new(await MakeAsync("steps", jobs: 4, Options with { Count = 12, FailedCallShare = 0, Steps = 3 })), TestContext.Current.CancellationToken);

        samples.SelectMany(s => s.Trajectory.Rounds).Where(round => round.Images.Count > 0).ShouldAllBe(round => round.Generation!.Steps == 3);
        await Should.ThrowAsync<ArgumentException>(() => MakeAsync("no-steps", jobs: 1, Options with { Steps = 0 }));
    }

    [Fact]
    public async Task Shares_that_are_too_much_are_refused() =>
        (await Should.ThrowAsync<ArgumentException>(() => MakeAsync("wrong", 1, Options with { OwnWordsShare = 0.9 }))).Message.ShouldContain("sum");
}
