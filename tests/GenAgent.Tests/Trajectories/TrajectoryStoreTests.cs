using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Trajectories;

public sealed class TrajectoryStoreTests
{
    [Fact]
    public async Task What_was_appended_is_read_back_with_all_its_images()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            await store.AppendAsync(result);
        }

        var reader = new TrajectoryFolder(folder.Path);
        var read = (await reader.ReadAllAsync().ToListAsync()).Single();
        read.Rounds.Select(round => round.Text).ShouldBe(result.Trajectory.Rounds.Select(round => round.Text));
        var references = read.AllImages.ToArray();
        references.Length.ShouldBe(4);
        foreach (var reference in references)
        {
            reference.Path().ShouldBe($"images/{reference.Id[..2]}/{reference.Id}.png");
            (await reader.ReadImageAsync(reference)).Data.ToArray().ShouldBe(result.Images[reference.Id].Data.ToArray());
        }

        Directory.GetFiles(folder.Path, "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_cut_at_any_byte_opens_and_loses_only_the_line_that_was_cut()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync("p", new() { CandidatesPerRound = 1 });
        var small = result.Trajectory with { Instructions = "i", Trace = null, Rounds = [result.Trajectory.Rounds[0]] };
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            await store.AppendAsync(small with { Id = "first", Rounds = [], Answer = null }, result.Images);
            await store.AppendAsync(small with { Id = "second" }, result.Images);
        }

        var file = folder[TrajectoryFolder.FileName];
        var whole = await File.ReadAllBytesAsync(file);
        var firstEnd = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var length = 0; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            // A line that lacks nothing but its end is whole.
            string[] expected =
            [
                .. length >= firstEnd - 1 ? ["first"] : Array.Empty<string>(),
                .. length >= whole.Length - 1 ? ["second"] : Array.Empty<string>()
            ];
            (await ReadIdsAsync(folder)).ShouldBe(expected, ignoreOrder: false, customMessage: $"read only, cut at {length}");

            await using var store = await TrajectoryStore.OpenAsync(folder.Path);
            var isWhole = length == 0 || length == firstEnd || length == firstEnd - 1 || length >= whole.Length - 1;
            store.Recovered.ShouldBe(isWhole ? null : new HalfWrittenLine(length > firstEnd ? firstEnd : 0, length - (length > firstEnd ? firstEnd : 0)));
            if (length % 16 != 0)
            {
                continue;
            }

            await store.AppendAsync(small with { Id = "third", Rounds = [] }, result.Images);
            (await ReadIdsAsync(folder)).ShouldBe([.. expected, "third"], ignoreOrder: false, customMessage: $"appended, cut at {length}");
        }
    }

    [Fact]
    public async Task Many_writers_at_once_leave_whole_lines_and_no_double_ones()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        await using var store = await TrajectoryStore.OpenAsync(folder.Path);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(index =>
            Task.Run(() => store.AppendAsync(result.Trajectory with { Id = $"{index}" }, result.Images))));

        (await store.ReadAllAsync().Select(trajectory => trajectory.Id).ToListAsync()).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 200).Select(index => $"{index}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_second_writer_is_told_that_the_folder_is_taken_and_a_reader_is_not_held_up()
    {
        using var folder = new TemporaryFolder();
        await using var store = await TrajectoryStore.OpenAsync(folder.Path);
        (await Should.ThrowAsync<IOException>(() => TrajectoryStore.OpenAsync(folder.Path))).Message.ShouldContain("Another process is writing to ");
        await store.AppendAsync(await SampleRuns.TwoRoundsAsync());

        (await ReadIdsAsync(folder)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_refused_at_once_with_its_name()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["taken"], "a file");

        (await Should.ThrowAsync<IOException>(() => TrajectoryStore.OpenAsync(folder["taken"]))).Message.ShouldContain(
            $"{folder["taken"]}: cannot keep trajectories here");
    }

    [Fact]
    public async Task An_image_that_cannot_be_written_leaves_the_trajectories_before_it_untouched()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        await using var store = await TrajectoryStore.OpenAsync(folder.Path);
        await store.AppendAsync(result.Trajectory with { Id = "first", Rounds = [] }, result.Images);
        await File.WriteAllTextAsync(folder["images"], "a file where the folder of images should be");

        var failure = await Should.ThrowAsync<IOException>(() => store.AppendAsync(result));
        failure.Message.ShouldContain("all before it is whole");
        (await ReadIdsAsync(folder)).ShouldBe(["first"]);

        File.Delete(folder["images"]);
        await store.AppendAsync(result);
        (await ReadIdsAsync(folder)).ShouldBe(["first", result.Trajectory.Id]);
    }

    [Fact]
    public async Task A_trajectory_without_its_image_is_refused_rather_than_stored_with_a_hole()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        await using var store = await TrajectoryStore.OpenAsync(folder.Path);

        (await Should.ThrowAsync<ArgumentException>(() => store.AppendAsync(result.Trajectory, new Dictionary<string, DataContent>(StringComparer.Ordinal))))
            .Message.ShouldContain("neither given nor in");
        (await ReadIdsAsync(folder)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_whose_file_was_changed_is_not_passed_off_as_the_recorded_one()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        await using var store = await TrajectoryStore.OpenAsync(folder.Path);
        await store.AppendAsync(result);
        var image = result.Trajectory.AllImages.First();
        await File.AppendAllTextAsync(new TrajectoryFolder(folder.Path).ImageFile(image), "x");

        (await Should.ThrowAsync<InvalidDataException>(() => store.ReadImageAsync(image))).Message.ShouldContain("changed or damaged");
    }

    [Fact]
    public async Task A_damaged_line_in_the_middle_is_named_and_need_not_cost_the_others()
    {
        using var folder = new TemporaryFolder();
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            await store.AppendAsync(await SampleRuns.TwoRoundsAsync());
        }

        var file = folder[TrajectoryFolder.FileName];
        var line = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, line + "{\"schema\":1,\n" + line);
        var reader = new TrajectoryFolder(folder.Path);
        (await Should.ThrowAsync<InvalidDataException>(async () => await reader.ReadAllAsync().CountAsync())).Message.ShouldStartWith($"{file}, line 2: ");

        var bad = new List<string>();
        (await reader.ReadAllAsync(problem => bad.Add(problem.Message)).CountAsync()).ShouldBe(2);
        bad.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Secrets_are_not_written()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync("paint the key hunter2hunter2 and sk-abcdefghijklmnopqrstuvwx");
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path, new SecretMask(["hunter2hunter2"])))
        {
            await store.AppendAsync(result.Trajectory with { Error = "GET https://user:pa55word@host/v1?api_key=0123456789abcdef failed" }, result.Images);
        }

        var text = await File.ReadAllTextAsync(folder[TrajectoryFolder.FileName]);
        text.ShouldNotContain("hunter2");
        text.ShouldNotContain("sk-abc");
        text.ShouldNotContain("pa55word");
        text.ShouldNotContain("0123456789abcdef");
        text.ShouldContain("paint the key *** and ***");
        text.ShouldNotContain("\"trace\"", customMessage: "its tokens would say the secret");
        (await new TrajectoryFolder(folder.Path).ReadAllAsync().SingleAsync()).AllImages.Count().ShouldBe(result.Trajectory.AllImages.Count());
    }

    [Fact]
    public async Task A_secret_is_removed_wherever_it_stands_and_a_run_without_one_keeps_its_trace()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        var rounds = result.Trajectory.Rounds.ToArray();
        rounds[0] = rounds[0] with { ToolText = "hunter2hunter2", Judgments = [new(0, "j") { Reason = "hunter2hunter2" }] };
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path, new SecretMask(["hunter2hunter2"])))
        {
            await store.AppendAsync(
                result.Trajectory with { Rounds = rounds, Excluded = "hunter2hunter2", Task = new() { Category = "hunter2hunter2" } }, result.Images);
            await store.AppendAsync(result);
        }

        (await File.ReadAllTextAsync(folder[TrajectoryFolder.FileName])).ShouldNotContain("hunter2");
        (await new TrajectoryFolder(folder.Path).ReadAllAsync().ToListAsync()).Select(trajectory => trajectory.Trace is null).ShouldBe([true, false]);
    }

    private static async Task<List<string>> ReadIdsAsync(TemporaryFolder folder) =>
        await new TrajectoryFolder(folder.Path).ReadAllAsync().Select(trajectory => trajectory.Id).ToListAsync();
}
