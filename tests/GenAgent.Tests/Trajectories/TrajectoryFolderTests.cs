using System.Text;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Trajectories;

/// <summary>A folder that grows is followed from place to place.</summary>
public sealed class TrajectoryFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whole_lines_are_read_once_each_and_again_by_their_places()
    {
        var reader = new TrajectoryFolder(_folder.Path);
        (await reader.ReadFromAsync(0, Cancelled).ToListAsync(Cancelled)).ShouldBeEmpty("there is no file yet");
        var lines = await LinesAsync("first", "second", "third");

        await File.WriteAllTextAsync(reader.TrajectoryFile, $"{lines[0]}\n{lines[1]}", Cancelled);
        var first = (await reader.ReadFromAsync(0, Cancelled).ToListAsync(Cancelled)).ShouldHaveSingleItem("the second is being written");
        await File.WriteAllTextAsync(reader.TrajectoryFile, $"{lines[0]}\n{lines[1]}\n{lines[2]}\n", Cancelled);
        var rest = await reader.ReadFromAsync(first.End, Cancelled).ToListAsync(Cancelled);

        rest.Select(line => line.Trajectory.Id).ShouldBe(["second", "third"]);
        (await reader.ReadFromAsync(rest[1].Start, Cancelled).ToListAsync(Cancelled)).ShouldHaveSingleItem().Trajectory.Id.ShouldBe("third");
        (await reader.ReadFromAsync(rest[1].End, Cancelled).ToListAsync(Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_was_replaced_and_a_line_that_is_no_trajectory_are_told_with_their_places()
    {
        var reader = new TrajectoryFolder(_folder.Path);
        var lines = await LinesAsync("first");
        await File.WriteAllTextAsync(reader.TrajectoryFile, $"{lines[0]}\n{{}}\n", Cancelled);

        (await FaultAsync(1_000_000)).ShouldContain("shorter than it was");
        (await FaultAsync(0)).ShouldContain($"the line at byte {Encoding.UTF8.GetByteCount(lines[0]) + 1}");

        async Task<string> FaultAsync(long start) =>
            (await Should.ThrowAsync<InvalidDataException>(async () => await reader.ReadFromAsync(start, Cancelled).ToListAsync(Cancelled))).Message;
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static async Task<string[]> LinesAsync(params string[] ids)
    {
        using var folder = new TemporaryFolder();
        var result = await SampleRuns.TwoRoundsAsync();
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            foreach (var id in ids) await store.AppendAsync(result.Trajectory with { Id = id, Instructions = "plain" }, result.Images);
        }

        return await File.ReadAllLinesAsync(folder[TrajectoryFolder.FileName]);
    }
}
