using GenAgent.Storage;

namespace GenAgent.Tests.Storage;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["state.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_takes_another_s_place()
    {
        AtomicFile.Write(Target, new byte[] { 1, 2 });
        AtomicFile.Write(Target, stream => stream.WriteByte(3), toDisk: false);
        File.ReadAllBytes(Target).ShouldBe([3]);
        await AtomicFile.WriteAsync(Target, new byte[] { 4 }, TestContext.Current.CancellationToken);

        File.ReadAllBytes(Target).ShouldBe([4]);
        Directory.GetFiles(_folder.Path).ShouldBe([Target]);
    }

    [Fact]
    public async Task A_failed_write_leaves_the_old_file_and_no_rubbish()
    {
        File.WriteAllText(Target, "old");

        Should.Throw<InvalidOperationException>(() => AtomicFile.Write(Target, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("power cut");
        }));
        await Should.ThrowAsync<InvalidOperationException>(() => AtomicFile.WriteAsync(Target, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("power cut");
        }));

        File.ReadAllText(Target).ShouldBe("old");
        Directory.GetFiles(_folder.Path).ShouldBe([Target]);
    }

    [Fact]
    public async Task Writers_at_once_leave_one_of_their_files_whole()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => AtomicFile.Write(Target, Enumerable.Repeat((byte)i, 100_000).ToArray()))));

        var content = File.ReadAllBytes(Target);
        content.Length.ShouldBe(100_000);
        content.Distinct().Count().ShouldBe(1);
        Directory.GetFiles(_folder.Path).ShouldBe([Target]);
    }
}
