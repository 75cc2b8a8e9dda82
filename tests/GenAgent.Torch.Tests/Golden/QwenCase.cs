using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;

namespace GenAgent.Torch.Tests.Golden;

/// <summary>One recorded model: its folder, its scenarios and what the reference computed.</summary>
internal sealed class QwenCase
{
    private readonly Dictionary<string, ImagePatches> _images = new(StringComparer.Ordinal);
    private readonly Lazy<Qwen25VLConfig> _config;

    private QwenCase(string folder)
    {
        Folder = folder;
        Json = Recorded.Json(Path.Combine(folder, "case.json"));
        Expected = GoldenTensors.Load(Path.Combine(folder, "expected.safetensors"));
        IsAdapter = !File.Exists(Path.Combine(folder, Qwen25VLConfig.FileName));
        var (origin, settings) = (Json.Find("base"), Path.Combine(folder, LoraOptions.FileName));
        if (IsAdapter && origin.ValueKind != JsonValueKind.String) origin = Recorded.Json(settings).Find("base_model_name_or_path");
        ModelFolder = origin.ValueKind == JsonValueKind.String ? Path.GetFullPath(Path.Combine(folder, origin.GetString()!)) : folder;
        _config = new(() =>
        {
            Assert.SkipUnless(File.Exists(Path.Combine(ModelFolder, Qwen25VLConfig.FileName)), $"the model {ModelFolder} is not under this root");
            return Qwen25VLConfig.Load(ModelFolder);
        });
    }

    public string Folder { get; }

    public string ModelFolder { get; }

    public JsonElement Json { get; }

    public GoldenTensors Expected { get; }

    public Qwen25VLConfig Config => _config.Value;

    public bool IsAdapter { get; }

    /// <summary>The case whose inputs an adapter's scenarios name: that of its model, or itself where it recorded them.</summary>
    public QwenCase Origin
    {
        get
        {
            _ = Config;
            return All().FirstOrDefault(one => !one.IsAdapter && string.Equals(one.Folder, ModelFolder, StringComparison.Ordinal)) ?? this;
        }
    }

    public int PadId => Json.Find("special_ids").Find("pad_token_id") is { ValueKind: JsonValueKind.Number } pad ? pad.GetInt32() : 0;

    /// <summary>Folders with a model, or with an adapter over the model of another case.</summary>
    public static IEnumerable<QwenCase> All() =>
        GoldenRoot.Cases("qwen2_5_vl", "case.json").Select(file => Path.GetDirectoryName(file)!)
            .Where(folder =>
                File.Exists(Path.Combine(folder, "expected.safetensors"))
                    && (File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "adapter_config.json"))))
            .Select(folder => new QwenCase(folder));

    /// <summary>The case of a folder; a theory without any is skipped.</summary>
    public static QwenCase Open(string folder)
    {
        Recorded.SkipNone(folder);
        return All().Single(one => string.Equals(one.Folder, folder, StringComparison.Ordinal));
    }

    public static IEnumerable<(QwenCase Case, string Scenario)> Models() =>
        All().Where(one => !one.IsAdapter).SelectMany(one => one.Scenarios.Select(scenario => (one, scenario)));

    public IEnumerable<string> Scenarios =>
        Json.Find("scenarios") is { ValueKind: JsonValueKind.Object } scenarios ? scenarios.EnumerateObject().Select(scenario => scenario.Name) : [];

    public JsonElement Scenario(string name) => Json.Need("scenarios").Need(name);

    public int[][] Ids(string scenario) => Matrix(scenario, "input_ids");

    public int[][] Mask(string scenario) =>
        Scenario(scenario).Find("attention_mask").ValueKind == JsonValueKind.Array
            ? Matrix(scenario, "attention_mask")
            : [.. Ids(scenario).Select(row => Enumerable.Repeat(1, row.Length).ToArray())];

    /// <summary>The scenario's rows without their padding, each with its own images.</summary>
    public IReadOnlyList<Qwen25VLSequence> Sequences(string scenario)
    {
        // The reference sees an image that comes twice two times: each is an object of its own here.
        var images = new Queue<ImagePatches>(
            Scenario(scenario).FindAll("images").Select(image => Image(image.GetString()!) with { }));
        var (ids, mask) = (Ids(scenario), Mask(scenario));
        return [.. ids.Select((row, index) =>
        {
            int[] real = [.. row.Where((_, token) => mask[index][token] == 1)];
            var count = real.Where((id, token) => id == Config.ImageTokenId && (token == 0 || real[token - 1] != id)).Count();
            Assert.SkipWhen(count > images.Count, $"\"{scenario}\" names fewer images than its ids have room for");
            return new Qwen25VLSequence(real, [.. Enumerable.Range(0, count).Select(_ => images.Dequeue())]);
        })];
    }

    public Qwen25VLBatch Batch(string scenario)
    {
        var mask = Mask(scenario);
        Assert.SkipUnless(mask.Any(row => row.All(place => place == 1)), "every row is padded: a batch here is as long as its longest row");
        return Qwen25VLBatch.Create(Config, Sequences(scenario), PadId, padLeft: mask.Any(row => row[0] == 0));
    }

    /// <summary>An image file, prepared by the code under test.</summary>
    public ImagePatches Image(string file)
    {
        if (!_images.TryGetValue(file, out var image))
        {
            string[] places = [Path.Combine(Folder, file), Path.Combine(ModelFolder, file)];
            var path = places.FirstOrDefault(File.Exists);
            Assert.SkipWhen(path is null, $"the image {file} was not recorded");
            var hasSettings = File.Exists(Path.Combine(ModelFolder, ImageProcessorOptions.FileName));
            var processor = new ImageProcessor(hasSettings ? ImageProcessorOptions.Load(ModelFolder) : new ImageProcessorOptions());
            image = processor.Process(File.ReadAllBytes(path), ImageInput.Picture);
            _images[file] = image;
        }

        return image;
    }

    private int[][] Matrix(string scenario, string name) =>
        [.. Scenario(scenario).Need(name).EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetInt32()).ToArray())];
}
