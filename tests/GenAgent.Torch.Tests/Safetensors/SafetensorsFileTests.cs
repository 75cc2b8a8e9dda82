using GenAgent.TestKit.Golden;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("U8", "[3]", new byte[] { 0, 1, 255 }, new double[] { 0, 1, 255 }, ScalarType.Byte)]
    [InlineData("I8", "[3]", new byte[] { 0, 127, 128 }, new double[] { 0, 127, -128 }, ScalarType.Int8)]
    [InlineData("BOOL", "[3]", new byte[] { 0, 1, 7 }, new double[] { 0, 1, 1 }, ScalarType.Bool)]
    [InlineData("I16", "[2]", new byte[] { 1, 2, 255, 255 }, new double[] { 513, -1 }, ScalarType.Int16)]
    [InlineData("U16", "[2]", new byte[] { 1, 2, 255, 255 }, new double[] { 513, 65535 }, ScalarType.Int32)]
    [InlineData("F16", "[3]", new byte[] { 0, 0x3c, 0, 0xc0, 1, 0 }, new double[] { 1, -2, 5.9604644775390625e-8 }, ScalarType.Float16)]
    [InlineData("BF16", "[2]", new byte[] { 0x80, 0x3f, 0x49, 0xc0 }, new double[] { 1, -3.140625 }, ScalarType.BFloat16)]
    [InlineData("I32", "[1]", new byte[] { 255, 255, 255, 127 }, new double[] { int.MaxValue }, ScalarType.Int32)]
    [InlineData("U32", "[1]", new byte[] { 255, 255, 255, 255 }, new double[] { uint.MaxValue }, ScalarType.Int64)]
    [InlineData("F32", "[1,1]", new byte[] { 0, 0, 192, 63 }, new double[] { 1.5 }, ScalarType.Float32)]
    [InlineData("F64", "[]", new byte[] { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f }, new double[] { 1.5 }, ScalarType.Float64)]
    [InlineData("I64", "[1]", new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, new double[] { -1 }, ScalarType.Int64)]
    [InlineData("U64", "[1]", new byte[] { 5, 0, 0, 0, 0, 0, 0, 0 }, new double[] { 5 }, ScalarType.Int64)]
    [InlineData("F8_E4M3", "[6]", new byte[] { 0x38, 0xb8, 0x7e, 0x01, 0x08, 0x00 }, new double[] { 1, -1, 448, 0.001953125, 0.015625, 0 }, ScalarType.Float32)]
    [InlineData("F8_E5M2", "[4]", new byte[] { 0x3c, 0xc0, 0x7b, 0x01 }, new double[] { 1, -2, 57344, 1.52587890625e-5 }, ScalarType.Float32)]
    public void Every_type_is_read_with_its_values(string dtype, string shape, byte[] data, double[] values, ScalarType expected)
    {
        var path = Write($$$"""{"t":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":[0,{{{data.Length}}}]}}""", data);
        using var file = SafetensorsFile.Open(path);

        using var tensor = file.Read("t");
        using var asDouble = file.Read("t", ScalarType.Float64);
        using var flat = asDouble.view(-1);

        tensor.dtype.ShouldBe(expected);
        flat.data<double>().ToArray().ShouldBe(values);
        using var again = tensor.to(ScalarType.Float64);
        again.view(-1).data<double>().ToArray().ShouldBe(values);
    }

    [Theory]
    [InlineData("504B030414000000")]
    [InlineData("80028A0A6CFC9C46F920")]
    public void A_pickle_of_PyTorch_is_named_as_such(string start)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.ckpt"), [.. Convert.FromHexString(start), .. new byte[64]]);

        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(folder.File("model.ckpt"))).Message.ShouldContain("pickle of PyTorch");
    }

    [Fact]
    public void Tensor_that_starts_at_an_odd_byte_is_read()
    {
        var path = Write("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}""", 9, 0, 0, 192, 63);
        using var file = SafetensorsFile.Open(path);

        using var tensor = file.Read("b");

        tensor.item<float>().ShouldBe(1.5f);
    }

    [Fact]
    public void Reading_into_a_strided_or_other_typed_tensor_gives_the_same_values()
    {
        var path = _folder.File("x.safetensors");
        using var source = Arithmetic.Counted(12, ScalarType.Float32).reshape(3, 4);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["x"] = source });
        using var file = SafetensorsFile.Open(path);
        using var strided = zeros(4, 3).t();
        using var doubles = zeros(3, 4, dtype: ScalarType.Float64);

        file.ReadInto("x", strided);
        file.ReadInto("x", doubles);

        strided.equal(source).all().item<bool>().ShouldBeTrue();
        doubles.equal(source).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Reading_into_a_parameter_that_wants_gradients_is_no_autograd_fault()
    {
        var path = _folder.File("x.safetensors");
        using var source = ones(2, 2);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["x"] = source });
        using var file = SafetensorsFile.Open(path);
        using var parameter = zeros(2, 2, requires_grad: true);

        file.ReadInto("x", parameter);

        parameter.sum().item<float>().ShouldBe(4);
        parameter.requires_grad.ShouldBeTrue();
        parameter.is_leaf.ShouldBeTrue();
    }

    [Fact]
    public void Faults_name_the_file_and_the_tensor()
    {
        var path = Write("""{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
        using var file = SafetensorsFile.Open(path);
        using var wrong = zeros(2);

        Should.Throw<SafetensorsException>(() => file.Read("u")).Message.ShouldBe($"{path}: there is no tensor \"u\".");
        Should.Throw<SafetensorsException>(() => file.ReadInto("t", wrong)).Message.ShouldBe($"{path}: t U8 [1] does not fit a tensor of shape [2].");
    }

    [Theory]
    [InlineData(0, 0, "too few")]
    [InlineData(7, 0, "too few")]
    [InlineData(8, 1, "past the end")]
    [InlineData(8, 100_000_001, "over the format's limit")]
    [InlineData(8, -1, "over the format's limit")]
    [InlineData(8, 0, "does not begin")]
    public void Wrong_lengths_are_refused_before_anything_is_read(int fileLength, long headerLength, string message)
    {
        var path = _folder.File("short.safetensors");
        var bytes = new byte[fileLength];
        if (fileLength >= 8)
        {
            BitConverter.TryWriteBytes(bytes, headerLength);
        }

        File.WriteAllBytes(path, bytes);

        var fault = Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path));

        fault.Message.ShouldStartWith(path);
        fault.Message.ShouldContain(message);
    }

    [Fact]
    public void Disposed_file_refuses_reads_and_frees_the_file()
    {
        var path = Write("""{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
        var file = SafetensorsFile.Open(path);
        file.Dispose();

        Should.Throw<ObjectDisposedException>(() => file.Read("t"));
        File.Delete(path);
    }

    [Fact]
    public void Every_golden_file_opens_and_every_tensor_reads()
    {
        var files = GoldenRoot.Files("*.safetensors");
        if (GoldenRoot.IsDefault)
        {
            files.ShouldNotBeEmpty();
        }

        foreach (var path in files)
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var entry in file.Entries.Values)
            {
                using var tensor = file.Read(entry.Name);
                tensor.numel().ShouldBe(entry.ElementCount);
                tensor.shape.ShouldBe(entry.Shape);
            }
        }
    }

    private string Write(string header, params byte[] data)
    {
        var path = _folder.File("t.safetensors");
        File.WriteAllBytes(path, RawFile.Bytes(header, data));
        return path;
    }
}
