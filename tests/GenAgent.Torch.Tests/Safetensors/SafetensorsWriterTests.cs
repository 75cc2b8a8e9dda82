using GenAgent.TestKit.Golden;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ScalarType.Bool)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Int8)]
    [InlineData(ScalarType.Int16)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void What_is_written_comes_back_bit_for_bit(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("x.safetensors");
        var tensors = new Dictionary<string, Tensor>
        {
            ["plain"] = Arithmetic.Counted(24, ScalarType.Int64).reshape(2, 3, 4).to(type),
            ["transposed"] = Arithmetic.Counted(6, ScalarType.Int64).reshape(2, 3).to(type).t(),
            ["scalar"] = tensor(1).to(type),
            ["empty"] = zeros(0, 3).to(type),
        };

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["ключ"] = "\"\n" });

        using var file = SafetensorsFile.Open(path);
        file.Metadata["format"].ShouldBe("pt");
        file.Metadata["ключ"].ShouldBe("\"\n");
        file.Entries.Count.ShouldBe(tensors.Count);
        foreach (var (name, expected) in tensors)
        {
            var actual = file.Read(name);
            actual.dtype.ShouldBe(type);
            actual.shape.ShouldBe(expected.shape);
            actual.equal(expected).all().item<bool>().ShouldBeTrue(name);
        }
    }

    [Fact]
    public void Data_starts_at_a_multiple_of_eight_and_wide_types_come_first()
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("x.safetensors");
        SafetensorsWriter.Write(
            path, new Dictionary<string, Tensor> { ["a"] = zeros(3, dtype: ScalarType.Byte), ["b"] = zeros(1, dtype: ScalarType.Int64), ["c"] = zeros(1) });

        (BitConverter.ToUInt64(File.ReadAllBytes(path)) % 8).ShouldBe(0UL);
        using var file = SafetensorsFile.Open(path);
        file.Entries.Keys.ShouldBe(["b", "c", "a"]);
    }

    [Fact]
    public void Golden_file_written_anew_is_read_the_same()
    {
        Assert.SkipUnless(GoldenRoot.Files("*.safetensors").Count > 0, "no golden files under this root");
        using var scope = NewDisposeScope();
        using var golden = SafetensorsFile.Open(GoldenRoot.Files("*.safetensors")[0]);
        var path = _folder.File("x.safetensors");

        SafetensorsWriter.Write(path, golden.Entries.Keys.ToDictionary(name => name, name => golden.Read(name)), golden.Metadata);

        using var copy = SafetensorsFile.Open(path);
        copy.Entries.Keys.Order().ShouldBe(golden.Entries.Keys.Order());
        foreach (var name in golden.Entries.Keys)
        {
            copy.Read(name).equal(golden.Read(name)).all().item<bool>().ShouldBeTrue(name);
        }
    }

    [Fact]
    public void Open_reader_keeps_the_old_content_while_the_file_is_replaced()
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["x"] = ones(4) });
        using var old = SafetensorsFile.Open(path);

        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["x"] = zeros(4) });

        old.Read("x").sum().item<float>().ShouldBe(4);
        using var renewed = SafetensorsFile.Open(path);
        renewed.Read("x").sum().item<float>().ShouldBe(0);
    }

    [Fact]
    public void Type_or_name_that_the_format_lacks_is_refused()
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("x.safetensors");

        Should.Throw<ArgumentException>(
            () => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["c"] = zeros(1, dtype: ScalarType.ComplexFloat32) })).Message.ShouldContain(
            "\"c\"");
        Should.Throw<ArgumentException>(() => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["__metadata__"] = zeros(1) }));
        File.Exists(path).ShouldBeFalse();
    }
}
