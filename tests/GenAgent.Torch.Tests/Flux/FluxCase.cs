using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.TestKit.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

/// <summary>One folder of recordings under golden/flux: its case.json and its tensors.</summary>
internal sealed class FluxCase
{
    private readonly string _folder;
    private readonly JsonElement _json;
    private readonly GoldenTensors _tensors;

    private FluxCase(string folder)
    {
        _folder = folder;
        _json = Recorded.Json(Path.Combine(folder, "case.json"));
        _tensors = GoldenTensors.Load(ExpectedFile(folder, _json));
    }

    public string Name => Path.GetRelativePath(Path.Combine(GoldenRoot.Path, "flux"), _folder);

    public JsonElement Json => _json;

    public IEnumerable<string> Names => _tensors.Names;

    /// <summary>The folder that holds transformer/ and its neighbours: this one, or the one that "model" points at.</summary>
    public string ModelFolder
    {
        get
        {
            if (_json.Find("model") is not { ValueKind: JsonValueKind.String } model) return _folder;
            var path = Path.GetFullPath(Path.Combine(_folder, model.GetString()!.Split(' ')[0]));
            return Path.GetFileName(path) is "transformer" ? Path.GetDirectoryName(path)! : path;
        }
    }

    /// <summary>A transformer in one file with the names of the original release, whatever the file is called; or null.</summary>
    public string? TransformerFile => SingleFile("double_blocks.0.img_attn.qkv.weight");

    /// <summary>An autoencoder in one file with the names of the original release, whatever the file is called; or null.</summary>
    public string? AutoencoderFile => SingleFile("encoder.down.0.block.0.conv1.weight");

    public static FluxCase Open(string name)
    {
        Recorded.SkipNone(name);
        return new(Path.Combine(GoldenRoot.Path, "flux", name));
    }

    /// <summary>Names of the folders whose recordings include a tensor that <paramref name="key"/> matches.</summary>
    public static TheoryData<string> With(string key, Func<FluxCase, bool>? condition = null) =>
        [.. All(key).Where(golden => condition?.Invoke(golden) != false).Select(golden => golden.Name).OrNone()];

    /// <summary>The same, of cases whose model has that part.</summary>
    public static TheoryData<string> WithPart(string key, string part) => With(key, golden => golden.HasPart(part));

    /// <summary>Cases whose recordings include a tensor that <paramref name="key"/> matches.</summary>
    public static IEnumerable<FluxCase> All(string key) => Folders().Where(IsRecording).Select(Open)
        .Where(golden => golden.Names.Any(tensor => Regex.IsMatch(tensor, key, RegexOptions.None, TimeSpan.FromSeconds(1))));

    /// <summary>Whether the case's model has that file or folder.</summary>
    public bool HasPart(string part) => Path.Exists(Path.Combine(ModelFolder, part));

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>An input image; a case that lacks it cannot be checked.</summary>
    public byte[] Image(string name)
    {
        Assert.SkipUnless(File.Exists(PathOf(name)), $"\"{name}\" was not recorded");
        return File.ReadAllBytes(PathOf(name));
    }

    public bool Has(string name) => _tensors.Has(name);

    public long[] Shape(string name) => _tensors.Shape(name);

    public double Double(string name) => _tensors.Doubles(name)[0];

    public float[] Floats(string name) => _tensors.Floats(name);

    /// <summary>A number in the prose of case.json, such as the 5 of "strength 0.6, 5 steps".</summary>
    public double Number(string property, string pattern)
    {
        var prose = _json.Find(property) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : string.Empty;
        var match = Regex.Match(prose, pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.SkipUnless(match.Success, $"case.json does not say \"{pattern}\" in \"{property}\"");
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    // Copied into memory of torch's own: an array's lies where the runtime puts it, and a matrix product's last bits depend on that.
    public Tensor Tensor(string name)
    {
        using var pinned = tensor(_tensors.Floats(name), _tensors.Shape(name));
        return pinned.clone();
    }

    public Tensor? TensorOrNull(string name) => Has(name) ? Tensor(name) : null;

    public Tensor Ids(string name) => tensor(_tensors.Longs(name), _tensors.Shape(name));

    /// <summary>Compares with what was recorded; a stage that a case did not record is passed over.</summary>
    public void ShouldMatch(Tensor actual, string name, double absolute, double relative = 0)
    {
        if (!Has(name)) return;
        using var scope = NewDisposeScope();
        var expected = Tensor(name);
        actual.shape.ShouldBe(expected.shape, name);
        var excess = (actual.to(ScalarType.Float32) - expected).abs() - expected.abs().Times(relative).Plus(absolute);
        var worst = excess.max().ToSingle();
        (worst <= 0).ShouldBeTrue(
            $"{name}: off by {worst:g3} more than {absolute:g3} + {relative:g3} x value (largest value {expected.abs().max().ToSingle():g3}).");
    }

    private string? SingleFile(string tensor) => Directory.EnumerateFiles(_folder, "*.safetensors").Order(StringComparer.Ordinal)
        .FirstOrDefault(path => GoldenTensors.NamesIn(path).Any(name => name.EndsWith(tensor, StringComparison.Ordinal)));

    private static bool IsRecording(string name)
    {
        var folder = Path.Combine(GoldenRoot.Path, "flux", name);
        return File.Exists(ExpectedFile(folder, Recorded.Json(Path.Combine(folder, "case.json"))));
    }

    private static string ExpectedFile(string folder, JsonElement json) =>
        Path.Combine(folder, json.Find("expected_file") is { ValueKind: JsonValueKind.String } file ? file.GetString()! : "expected.safetensors");

    private static IEnumerable<string> Folders() =>
        GoldenRoot.Cases("flux", "case.json").Select(file => Path.GetRelativePath(Path.Combine(GoldenRoot.Path, "flux"), Path.GetDirectoryName(file)!));
}
