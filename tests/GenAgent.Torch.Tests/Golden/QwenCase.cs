using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;

namespace GenAgent.Torch.Tests.Golden;

/// <summary>One recorded model: its folder, its scenarios and what the reference computed.</summary>
internal sealed class QwenCase
{
    private readonly Dictionary<string, ImagePatches> _images = new(StringComparer.Ordinal);

    private QwenCase(string folder)
    {
        Folder = folder;
        Json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json"))).RootElement.Clone();
        Expected = GoldenTensors.Load(Path.Combine(folder, "expected.safetensors"));
        ModelFolder = Json.TryGetProperty("base", out var origin) ? Path.GetFullPath(Path.Combine(folder, origin.GetString()!)) : folder;
        Config = Qwen25VLConfig.Load(ModelFolder);
    }

    public string Folder { get; }

    public string ModelFolder { get; }

    public JsonElement Json { get; }

    public GoldenTensors Expected { get; }

    public Qwen25VLConfig Config { get; }

    public bool IsAdapter => Folder != ModelFolder;

    public int PadId => Json.TryGetProperty("special_ids", out var ids) && ids.TryGetProperty("pad_token_id", out var pad) ? pad.GetInt32() : 0;

    /// <summary>Folders with a model, or with an adapter over the model of another case.</summary>
    public static IEnumerable<QwenCase> All() =>
        GoldenRoot.Cases("qwen2_5_vl", "case.json").Select(file => Path.GetDirectoryName(file)!)
            .Where(folder =>
                File.Exists(Path.Combine(folder, "expected.safetensors"))
                    && (File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "adapter_config.json"))))
            .Select(folder => new QwenCase(folder));

    public static IEnumerable<(QwenCase Case, string Scenario)> Models() =>
        All().Where(one => !one.IsAdapter).SelectMany(one => one.Scenarios.Select(scenario => (one, scenario)));

    public IEnumerable<string> Scenarios =>
        Json.TryGetProperty("scenarios", out var scenarios) ? scenarios.EnumerateObject().Select(scenario => scenario.Name) : [];

    public JsonElement Scenario(string name) => Json.GetProperty("scenarios").GetProperty(name);

    public int[][] Ids(string scenario) => Matrix(scenario, "input_ids");

    public int[][] Mask(string scenario) =>
        Scenario(scenario).TryGetProperty("attention_mask", out _)
            ? Matrix(scenario, "attention_mask")
            : [.. Ids(scenario).Select(row => Enumerable.Repeat(1, row.Length).ToArray())];

    /// <summary>The scenario's rows without their padding, each with its own images.</summary>
    public IReadOnlyList<Qwen25VLSequence> Sequences(string scenario)
    {
        // The reference sees an image that comes twice two times: each is an object of its own here.
        var images = new Queue<ImagePatches>(
            Scenario(scenario).TryGetProperty("images", out var files) ? files.EnumerateArray().Select(image => Image(image.GetString()!) with { }) : []);
        var (ids, mask) = (Ids(scenario), Mask(scenario));
        return [.. ids.Select((row, index) =>
        {
            int[] real = [.. row.Where((_, token) => mask[index][token] == 1)];
            var count = real.Where((id, token) => id == Config.ImageTokenId && (token == 0 || real[token - 1] != id)).Count();
            return new Qwen25VLSequence(real, [.. Enumerable.Range(0, count).Select(_ => images.Dequeue())]);
        })];
    }

    public Qwen25VLBatch Batch(string scenario) =>
        Qwen25VLBatch.Create(Config, Sequences(scenario), PadId, padLeft: Mask(scenario).Any(row => row[0] == 0));

    /// <summary>An image file, prepared by the code under test.</summary>
    public ImagePatches Image(string file)
    {
        if (!_images.TryGetValue(file, out var image))
        {
            var processor = new ImageProcessor(ImageProcessorOptions.Load(ModelFolder));
            image = processor.Process(File.ReadAllBytes(Path.Combine(ModelFolder, file)), ImageInput.Picture);
            _images[file] = image;
        }

        return image;
    }

    private int[][] Matrix(string scenario, string name) =>
        [.. Scenario(scenario).GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetInt32()).ToArray())];
}
