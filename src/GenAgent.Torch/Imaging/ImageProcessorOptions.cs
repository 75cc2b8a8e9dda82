using System.Text.Json;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Imaging;

/// <summary>What a checkpoint's <c>preprocessor_config.json</c> says about its images. The defaults are Qwen2.5-VL's.</summary>
public sealed record ImageProcessorOptions
{
    /// <summary>The name of the file in a checkpoint's folder.</summary>
    public const string FileName = "preprocessor_config.json";

    /// <summary>Smaller images are enlarged to this area.</summary>
    public long MinPixels { get; init; } = 3136;

    /// <summary>Larger images are reduced to this area.</summary>
    public long MaxPixels { get; init; } = 12_845_056;

    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary>Frames that make one temporal patch; a still image is repeated.</summary>
    public int TemporalPatchSize { get; init; } = 2;

    /// <summary>This many patches a side become one image feature.</summary>
    public int MergeSize { get; init; } = 2;

    /// <summary>Multiplies 8-bit values before the mean is subtracted.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Mean of red, green and blue after rescaling.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.48145466, 0.4578275, 0.40821073];

    /// <summary>Standard deviation of red, green and blue after rescaling.</summary>
    public IReadOnlyList<double> StandardDeviation { get; init; } = [0.26862954, 0.26130258, 0.27577711];

    /// <summary>The file in which transformers 5 keeps the same below <c>image_processor</c>.</summary>
    internal const string ProcessorFileName = "processor_config.json";

    // Pillow's number of the filter.
    private const long Bicubic = 3;

    private const string ProcessorSection = "image_processor";

    /// <summary>
    /// Reads <see cref="FileName"/> in any layout: <c>min_pixels</c> and <c>max_pixels</c>, or <c>size</c> with these or with <c>shortest_edge</c> and
    /// <c>longest_edge</c>. A folder's <c>processor_config.json</c> comes first where it has an <c>image_processor</c> (transformers 5).
    /// </summary>
    /// <param name="path">The file, or the checkpoint's folder.</param>
    /// <returns>The options.</returns>
    /// <exception cref="FileNotFoundException">The folder holds neither file.</exception>
    /// <exception cref="InvalidDataException">A value has no valid meaning; the message names file and field.</exception>
    public static ImageProcessorOptions Load(string path)
    {
        if (!Directory.Exists(path)) return LoadFile(path) ?? throw new InvalidDataException($"{path}: it has no \"{ProcessorSection}\".");
        return LoadIfPresent(path)
            ?? throw new FileNotFoundException(
                $"{path} holds neither {FileName} nor a {ProcessorFileName} with \"{ProcessorSection}\", so the image settings of the model are unknown: copy "
                    + "the file from the model that it was made from.",
                Path.Combine(path, FileName));
    }

    /// <summary>The same; null where the folder has neither file.</summary>
    internal static ImageProcessorOptions? LoadIfPresent(string folder)
    {
        var (nested, own) = (Path.Combine(folder, ProcessorFileName), Path.Combine(folder, FileName));
        return (File.Exists(nested) ? LoadFile(nested) : null) ?? (File.Exists(own) ? LoadFile(own) : null);
    }

    // Null for a processor file without image settings, as transformers 4 writes it.
    private static ImageProcessorOptions? LoadFile(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(ModelFile.ReadJson(file));
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(ProcessorSection, out var section) && section.ValueKind == JsonValueKind.Object)
            {
                return Parse(section);
            }
            return string.Equals(Path.GetFileName(file), ProcessorFileName, StringComparison.Ordinal) ? null : Parse(root);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or InvalidDataException)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }
    }

    private static ImageProcessorOptions Parse(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("a JSON object is expected.");
        }

        var defaults = new ImageProcessorOptions();
        var size = json.TryGetProperty("size", out var edges) && edges.ValueKind == JsonValueKind.Object ? edges : default;
        var options = defaults with
        {
            MinPixels = Long(json, "min_pixels") ?? Long(size, "shortest_edge") ?? Long(size, "min_pixels") ?? defaults.MinPixels,
            MaxPixels = Long(json, "max_pixels") ?? Long(size, "longest_edge") ?? Long(size, "max_pixels") ?? defaults.MaxPixels,
            PatchSize = Side(json, "patch_size") ?? defaults.PatchSize,
            TemporalPatchSize = Side(json, "temporal_patch_size") ?? defaults.TemporalPatchSize,
            MergeSize = Side(json, "merge_size") ?? defaults.MergeSize,
            RescaleFactor = IsOff(json, "do_rescale") ? 1 : Double(json, "rescale_factor") ?? defaults.RescaleFactor,
            Mean = IsOff(json, "do_normalize") ? [0, 0, 0] : Channels(json, "image_mean") ?? defaults.Mean,
            StandardDeviation = IsOff(json, "do_normalize") ? [1, 1, 1] : Channels(json, "image_std") ?? defaults.StandardDeviation,
        };
        if (IsOff(json, "do_resize")) throw new InvalidDataException("\"do_resize\" is false, but images must be resized here: remove it.");
        if (json.TryGetProperty("resample", out var resample) && resample.ValueKind != JsonValueKind.Null && !IsBicubic(resample))
        {
            throw new InvalidDataException($"\"resample\" is {resample.GetRawText()}, but only {Bicubic} (bicubic) is known for this model.");
        }
        return options.Validated();
    }

    private ImageProcessorOptions Validated()
    {
        Require(PatchSize is >= 1 and <= 1024, $"\"patch_size\" is {PatchSize}, but must be 1 to 1024.");
        Require(TemporalPatchSize is >= 1 and <= 64, $"\"temporal_patch_size\" is {TemporalPatchSize}, but must be 1 to 64.");
        Require(MergeSize is >= 1 and <= 64, $"\"merge_size\" is {MergeSize}, but must be 1 to 64.");
        Require(
            MinPixels >= 1 && MinPixels <= MaxPixels,
            $"\"min_pixels\" is {MinPixels} and \"max_pixels\" {MaxPixels}: the first must be at least 1, the second no less than the first.");
        Require(StandardDeviation.All(value => value > 0), "\"image_std\" must be above 0 in every channel.");
        return this;

        static void Require(bool holds, string message)
        {
            if (!holds)
            {
                throw new InvalidDataException(message);
            }
        }
    }

    private static bool IsOff(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    private static bool IsBicubic(JsonElement filter) => filter.ValueKind == JsonValueKind.String
        ? string.Equals(filter.GetString(), "bicubic", StringComparison.OrdinalIgnoreCase)
        : filter.ValueKind == JsonValueKind.Number && filter.GetDouble() == Bicubic;

    private static double? Double(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? Number(value, name)
            : null;

    // Out of range stays out of range.
    private static int? Side(JsonElement json, string name) => Long(json, name) is { } number ? (int)Math.Clamp(number, int.MinValue, int.MaxValue) : null;

    // Some tools write whole numbers as 14.0.
    private static long? Long(JsonElement json, string name) => Double(json, name) switch
    {
        null => null,
        >= long.MinValue and < long.MaxValue and var number when number == Math.Floor(number) => (long)number,
        var number => throw new InvalidDataException($"\"{name}\" is {number}, but must be a whole number."),
    };

    private static double Number(JsonElement value, string name) => value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble())
        ? value.GetDouble()
        : throw new InvalidDataException($"\"{name}\" is {(value.GetRawText() is { Length: <= 40 } text ? text : "something else")}, but must be a number.");

    private static double[]? Channels(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var values) || values.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // One number is for every channel.
        if (values.ValueKind != JsonValueKind.Array) return [.. Enumerable.Repeat(Number(values, name), RgbImage.Channels)];
        var channels = values.EnumerateArray().Select(value => Number(value, name)).ToArray();
        return channels.Length == RgbImage.Channels
            ? channels
            : throw new InvalidDataException($"\"{name}\" has {channels.Length} values, but an image has {RgbImage.Channels} channels.");
    }
}
