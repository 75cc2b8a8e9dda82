using System.Text;
using GenAgent.Models.Hub;

namespace GenAgent.Tests.Models.Hub;

public sealed class HubCacheTests : IAsyncLifetime
{
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 5_000).Select(i => (byte)(i * 7))];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("genagent-hub");
    private FakeHub _hub = null!;

    private HubCache Cache => new(_folder.FullName);

    private HubModel Model => HubModel.Parse(_hub.Model);

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.Add("config.json", Encoding.UTF8.GetBytes("{}"));
        _hub.Add("copy.json", Encoding.UTF8.GetBytes("{}"));
        _hub.Add("unet/model.safetensors", Weights, large: true);
        using var downloader = new HubDownloader(_hub.Options(_folder.FullName), handler: _hub.Handler());
        await downloader.PullAsync(Model);
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Pulled_model_is_listed_with_its_files_and_size()
    {
        var model = Cache.List().ShouldHaveSingleItem();

        model.Model.Id.ShouldBe(_hub.Model);
        model.Size.ShouldBe(Weights.Length + 2);
        var revision = model.Revisions.ShouldHaveSingleItem();
        revision.Commit.ShouldBe(FakeHub.Commit);
        revision.References.ShouldBe(["main"]);
        revision.Files.Select(file => file.Path).ShouldBe(["config.json", "copy.json", "unet/model.safetensors"]);
        revision.Files[2].Size.ShouldBe(Weights.Length);
        model.Incomplete.ShouldBeEmpty();
    }

    [Fact]
    public void Snapshot_is_found_by_branch_and_by_commit()
    {
        Cache.FindSnapshot(Model).ShouldNotBeNull();
        Cache.FindSnapshot(Model.At(FakeHub.Commit)).ShouldBe(Cache.FindSnapshot(Model));
        Cache.FindSnapshot(Model.At("other")).ShouldBeNull();
        Cache.FindSnapshot(HubModel.Parse("org/other")).ShouldBeNull();
    }

    [Fact]
    public async Task Damaged_missing_and_half_loaded_files_are_all_reported()
    {
        (await Cache.VerifyAsync(Model)).ShouldBeEmpty();
        var blobs = Path.Combine(_folder.FullName, "models--org--tiny-model", "blobs");
        var weights = Path.Combine(blobs, FakeHub.HashOf(Weights, large: true));
        var damaged = await File.ReadAllBytesAsync(weights);
        damaged[17] ^= 1;
        await File.WriteAllBytesAsync(weights, damaged);
        File.Delete(Path.Combine(blobs, FakeHub.HashOf("{}"u8.ToArray(), large: false)));
        await File.WriteAllTextAsync(Path.Combine(blobs, "abc.incomplete"), "x");

        var faults = await Cache.VerifyAsync(Model);

        faults.Count.ShouldBe(4);
        faults.ShouldContain(fault => fault.StartsWith("unet/model.safetensors") && fault.Contains("its hash"));
        faults.ShouldContain(fault => fault.StartsWith("config.json") && fault.Contains("not there"));
        faults.ShouldContain(fault => fault.StartsWith("abc.incomplete"));
    }

    [Fact]
    public async Task Removed_model_is_gone_and_its_bytes_are_counted()
    {
        Cache.Remove(Model).ShouldBe(Weights.Length + 2);

        Cache.List().ShouldBeEmpty();
        Should.Throw<HubNotFoundException>(() => Cache.Remove(Model)).Message.ShouldContain(_hub.Model);
        await Should.ThrowAsync<HubNotFoundException>(() => Cache.VerifyAsync(Model));
    }

    [Fact]
    public void Folder_that_is_not_there_is_an_empty_cache() =>
        new HubCache(Path.Combine(_folder.FullName, "nothing")).List().ShouldBeEmpty();
}
