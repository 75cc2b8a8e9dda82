using System.Text.Json;
using GenAgent.Running;

namespace GenAgent.Tests.Running;

public sealed class RecordFolderTests : IDisposable
{
    private static readonly RecordLayout<Item> Layout = new("items.jsonl", "item", JsonSerializerOptions.Web, item => item.Name, item => item.Image);
    private static readonly RunManifest Manifest = new("items", 1, new Dictionary<string, string?>());

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_line_that_a_killed_process_left_is_cut_off_and_reported_and_the_others_are_found()
    {
        await using (var folder = Layout.Open(_folder.Path, Manifest))
        {
            await folder.KeepAsync("a", new("a", null), Cancelled);
            await folder.KeepAsync("b", new("b", folder.Keep("png"u8.ToArray(), "image/png")), Cancelled);
        }

        await File.AppendAllTextAsync(_folder["items.jsonl"], """{"name":"c","im""", Cancelled);
        Layout.Load(_folder.Path).Select(item => item.Name).ShouldBe(["a", "b"]);
        List<string> told = [];

        await using var again = Layout.Open(_folder.Path, Manifest, told.Add);

        told.ShouldHaveSingleItem().ShouldContain("cut off");
        again.Recovered!.Length.ShouldBe(15);
        (await again.FindAsync("b", Cancelled))!.Image.ShouldStartWith("images/");
        (await again.FindAsync("c", Cancelled)).ShouldBeNull();
        await again.KeepAsync("c", new("c", null), Cancelled);
        Layout.Load(_folder.Path).Select(item => item.Name).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_record_whose_image_lies_elsewhere_is_refused_by_line()
    {
        await File.WriteAllTextAsync(_folder["items.jsonl"], "{\"name\":\"a\"}\n{\"name\":\"b\",\"image\":\"../../etc/passwd\"}\n", Cancelled);

        Should.Throw<InvalidDataException>(() => Layout.Load(_folder.Path)).Message.ShouldContain("line 2: no item (its image is");
    }

    [Fact]
    public async Task A_folder_that_was_deleted_meanwhile_is_told_and_not_written_to_in_vain()
    {
        await using var folder = Layout.Open(_folder["inner"], Manifest);
        Directory.Delete(_folder["inner"], recursive: true);

        (await Should.ThrowAsync<IOException>(() => folder.KeepAsync("a", new("a", null), Cancelled))).Message.ShouldContain("deleted or renamed");
    }

    private sealed record Item(string Name, string? Image);
}
