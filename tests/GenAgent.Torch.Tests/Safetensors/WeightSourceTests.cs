using GenAgent.TestKit.Golden;
using GenAgent.Torch.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Safetensors;

public sealed class WeightSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_read_as_one()
    {
        Shard("model-1.safetensors", "a", 1);
        Shard("model-2.safetensors", "b", 2);
        Index("""{"metadata":{"total_size":8},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}""");

        using var source = WeightSource.Open(_folder.Path);

        source.Entries.Keys.Order().ShouldBe(["a", "b"]);
        using var b = source.Read("b");
        b.item<float>().ShouldBe(2);
    }

    [Fact]
    public void Shards_without_their_index_name_what_is_missing()
    {
        Shard("model-00001-of-00002.safetensors", "a", 1);
        Shard("model-00002-of-00002.safetensors", "b", 2);

        Should.Throw<SafetensorsException>(() => WeightSource.Open(_folder.Path)).Message
            .ShouldContain("model-00001-of-00002.safetensors is one of several parts, and their index is missing: put model.safetensors.index.json beside");
    }

    [Fact]
    public void Golden_shards_open_by_their_folder()
    {
        Recorded.Each(GoldenRoot.Files("*.safetensors.index.json"), index =>
        {
            using var source = WeightSource.Open(Path.GetDirectoryName(index)!);
            source.Location.ShouldBe(index);
            source.Entries.ShouldNotBeEmpty();
        });
    }

    [Theory]
    [InlineData("", "not a valid JSON")]
    [InlineData("[]", "weight_map")]
    [InlineData("{}", "weight_map")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "name of a file beside")]
    [InlineData("""{"weight_map":{"a":"../model-1.safetensors"}}""", "name of a file beside")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "name of a file beside")]
    [InlineData("""{"weight_map":{"a":"model-1.safetensors","a":"model-1.safetensors"}}""", "twice")]
    [InlineData("""{"weight_map":{"a":"model-1.safetensors","b":"x.safetensors","c":"y.safetensors"}}""", "x.safetensors, y.safetensors")]
    [InlineData(
        """{"weight_map":{"a":"model-1.safetensors","b":"model-1.safetensors","c":"model-1.safetensors"}}""",
        "b (model-1.safetensors), c (model-1.safetensors)")]
    public void Broken_index_is_refused_with_all_that_is_missing(string json, string message)
    {
        Shard("model-1.safetensors", "a", 1);
        Index(json);

        Should.Throw<SafetensorsException>(() => WeightSource.Open(_folder.Path)).Message.ShouldContain(message);
    }

    [Fact]
    public void Folder_with_no_clear_checkpoint_says_so()
    {
        Should.Throw<SafetensorsException>(() => WeightSource.Open(_folder.Path)).Message.ShouldContain("no *.safetensors");
        Shard("one.safetensors", "a", 1);
        WeightSource.Open(_folder.Path).Dispose();
        Shard("two.safetensors", "a", 1);
        Should.Throw<SafetensorsException>(() => WeightSource.Open(_folder.Path)).Message.ShouldContain("one.safetensors, two.safetensors");
        Shard("model.safetensors", "a", 1);
        WeightSource.Open(_folder.Path).Dispose();
        Should.Throw<FileNotFoundException>(() => WeightSource.Open(_folder.File("nowhere")));
    }

    private void Shard(string file, string name, float value)
    {
        using var tensor = torch.tensor(value);
        SafetensorsWriter.Write(_folder.File(file), new Dictionary<string, Tensor> { [name] = tensor });
    }

    private void Index(string json) => File.WriteAllText(_folder.File("model.safetensors.index.json"), json);
}
