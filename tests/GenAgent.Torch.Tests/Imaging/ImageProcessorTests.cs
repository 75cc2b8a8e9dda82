using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Tests.Imaging;

public sealed class ImageProcessorTests
{
    private const float Tolerance = 1e-5f;

    public static TheoryData<string, string, ImageInput> Images()
    {
        var images = new TheoryData<string, string, ImageInput>();
        foreach (var (caseFile, row) in Rows())
        {
            if (row.Find("file") is not { ValueKind: JsonValueKind.String } file) continue;
            var name = file.GetString()!;
            images.Add(caseFile, name, ImageInput.Picture);
            images.Add(caseFile, name, ImageInput.File);
        }

        if (images.Count == 0) images.Add(string.Empty, string.Empty, ImageInput.Picture);
        return images;
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_becomes_the_patches_that_the_reference_makes_of_it(string caseFile, string image, ImageInput input)
    {
        Recorded.SkipNone(caseFile);
        var row = Rows().Single(found => found.File == caseFile && found.Row.Find("file").ToString() == image).Row;
        var mode = input == ImageInput.File && row.Find("path").ValueKind == JsonValueKind.Object ? "path" : "pil";
        var expected = row.Need(mode);
        var folder = Path.GetDirectoryName(caseFile)!;
        var processor = new ImageProcessor(
            Options(folder) with { MinPixels = row.Need("min_pixels").GetInt64(), MaxPixels = row.Need("max_pixels").GetInt64() });
        Assert.SkipUnless(File.Exists(Path.Combine(folder, image)), $"the image {image} was not recorded");
        var process = () => processor.Process(File.ReadAllBytes(Path.Combine(folder, image)), input);
        if (expected.TryGetProperty("error", out _))
        {
            Should.Throw<ArgumentException>(() => process());
            return;
        }

        var patches = process();

        int[] grid = [.. expected.Need("grid_thw").EnumerateArray().Select(side => side.GetInt32())];
        new[] { patches.Grid.Frames, patches.Grid.Rows, patches.Grid.Columns }.ShouldBe(grid);
        var values = Path.Combine(folder, "expected.safetensors");
        if (File.Exists(values) || GoldenRoot.IsDefault)
            CompareValues(GoldenTensors.Load(values), $"{Path.GetFileNameWithoutExtension(image)}.{mode}", patches.Values);
        if (expected.Find("checksums") is { ValueKind: JsonValueKind.Object } sums) CompareChecksums(sums, patches.Values);
    }

    [Fact]
    public void Both_layouts_of_the_settings_give_the_same_processor()
    {
        foreach (var file in GoldenRoot.Cases("qwen2_5_vl", "preprocessor_config.save_pretrained.json"))
        {
            var (published, resaved) = (Options(Path.GetDirectoryName(file)!), ImageProcessorOptions.Load(file));
            (resaved with { Mean = published.Mean, StandardDeviation = published.StandardDeviation }).ShouldBe(published);
            resaved.Mean.ShouldBe(published.Mean);
            resaved.StandardDeviation.ShouldBe(published.StandardDeviation);
        }
    }

    private static ImageProcessorOptions Options(string folder) =>
        File.Exists(Path.Combine(folder, ImageProcessorOptions.FileName)) ? ImageProcessorOptions.Load(folder) : new ImageProcessorOptions();

    private static IEnumerable<(string File, JsonElement Row)> Rows()
    {
        foreach (var file in GoldenRoot.Cases("qwen2_5_vl", "case.json"))
        {
            var json = Recorded.Json(file);
            foreach (var row in json.Find("processor").ValueKind == JsonValueKind.Undefined ? [] : json.FindAll("rows"))
            {
                yield return (file, row);
            }
        }
    }

    private static void CompareValues(GoldenTensors golden, string name, float[] values)
    {
        if (golden.Has($"{name}.pixel_values"))
        {
            Compare(golden.Floats($"{name}.pixel_values"), values);
            return;
        }

        if (golden.Has($"{name}.first4096"))
        {
            var first = golden.Floats($"{name}.first4096");
            Compare(first, values.AsSpan(0, first.Length));
        }

        if (golden.Has($"{name}.last4096"))
        {
            var last = golden.Floats($"{name}.last4096");
            Compare(last, values.AsSpan(values.Length - last.Length));
        }
    }

    private static void Compare(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        actual.Length.ShouldBe(expected.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (Math.Abs(expected[i] - actual[i]) > Tolerance)
            {
                Assert.Fail($"value {i} is {actual[i]}, the reference has {expected[i]}");
            }
        }
    }

    private static void CompareChecksums(JsonElement expected, float[] values)
    {
        double absolute = 0, weighted = 0, even = 0;
        for (var i = 0; i < values.Length; i++)
        {
            absolute += Math.Abs(values[i]);
            weighted += values[i] * (double)(i % 97);
            even += i % 2 == 0 ? values[i] : 0;
        }

        // A single level of a single pixel moves a sum by .029: the sums are of the very same numbers, or of others.
        var tolerance = 1e-3 + (1e-9 * values.Length);
        absolute.ShouldBe(expected.Need("sum_abs").GetDouble(), tolerance);
        weighted.ShouldBe(expected.Need("sum_weighted_mod_97").GetDouble(), tolerance * 97);
        even.ShouldBe(expected.Need("even_index_sum").GetDouble(), tolerance);
    }
}
