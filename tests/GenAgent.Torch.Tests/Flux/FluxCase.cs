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
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        _json = json.RootElement.Clone();
        _tensors = GoldenTensors.Load(ExpectedFile(folder, _json));
    }

    public JsonElement Json => _json;

    public IEnumerable<string> Names => _tensors.Names;

    /// <summary>The folder that holds transformer/ and its neighbours: this one, or the one that "model" points at.</summary>
    public string ModelFolder
    {
        get
        {
            if (!_json.TryGetProperty("model", out var model)) return _folder;
            var path = Path.GetFullPath(Path.Combine(_folder, model.GetString()!.Split(' ')[0]));
            return Path.GetFileName(path) is "transformer" ? Path.GetDirectoryName(path)! : path;
        }
    }

    public static FluxCase Open(string name) => new(Path.Combine(GoldenRoot.Path, "flux", name));

    /// <summary>Names of the folders whose recordings include a tensor that <paramref name="key"/> matches.</summary>
    public static TheoryData<string> With(string key) =>
        [.. Folders()
            .Where(name => IsRecording(name) && Open(name).Names.Any(tensor => Regex.IsMatch(tensor, key, RegexOptions.None, TimeSpan.FromSeconds(1))))];

    public static TheoryData<string> WithPart(string key, string part) =>
        [.. With(key).Select(row => row.Data).Where(name => Path.Exists(Path.Combine(Open(name)._folder, part)))];

    public string PathOf(string name) => Path.Combine(_folder, name);

    public bool Has(string name) => _tensors.Has(name);

    public long[] Shape(string name) => _tensors.Shape(name);

    public double Double(string name) => _tensors.Doubles(name)[0];

    public float[] Floats(string name) => _tensors.Floats(name);

    /// <summary>A number in the prose of case.json, such as the 5 of "strength 0.6, 5 steps".</summary>
    public double Number(string property, string pattern)
    {
        var prose = _json.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : string.Empty;
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

    private static bool IsRecording(string name)
    {
        var folder = Path.Combine(GoldenRoot.Path, "flux", name);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return File.Exists(ExpectedFile(folder, json.RootElement));
    }

    private static string ExpectedFile(string folder, JsonElement json) =>
        Path.Combine(folder, json.TryGetProperty("expected_file", out var file) ? file.GetString()! : "expected.safetensors");

    private static IEnumerable<string> Folders() =>
        GoldenRoot.Cases("flux", "case.json").Select(file => Path.GetRelativePath(Path.Combine(GoldenRoot.Path, "flux"), Path.GetDirectoryName(file)!));
}
