using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Tests.Imaging;

public sealed class ImageProcessorOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"patch_size": 14.0, "max_pixels": 1.2845056e7, "resample": "BICUBIC"}""")]
    [InlineData("""{"resample": 3.0, "size": 448, "do_resize": null, "crop_size": {"height": 1, "width": 1}}""")]
    [InlineData("""{"size": {"height": 448, "width": 448}, "min_pixels": null, "image_mean": null}""")]
    public void Spellings_of_the_defaults_are_read(string json)
    {
        var options = Load(json);

        (options with { Mean = [], StandardDeviation = [] }).ShouldBe(new ImageProcessorOptions { Mean = [], StandardDeviation = [] });
        options.Mean.ShouldBe(new ImageProcessorOptions().Mean);
    }

    [Fact]
    public void One_number_for_mean_and_deviation_is_for_every_channel()
    {
        var options = Load("""{"image_mean": 0.5, "image_std": 0.25}""");

        (options.Mean, options.StandardDeviation).ShouldSatisfyAllConditions(
            both => both.Mean.ShouldBe([0.5, 0.5, 0.5]), both => both.StandardDeviation.ShouldBe([0.25, 0.25, 0.25]));
    }

    [Theory]
    [InlineData("""{"patch_size": "14"}""", "\"patch_size\" is \"14\", but must be a number")]
    [InlineData("""{"patch_size": {"height": 14, "width": 14}}""", "\"patch_size\" is {\"height\": 14, \"width\": 14}, but must be a number")]
    [InlineData("""{"patch_size": 14.5}""", "\"patch_size\" is 14.5, but must be a whole number")]
    [InlineData("""{"patch_size": 4294967310}""", "\"patch_size\" is 2147483647, but must be 1 to 1024")]
    [InlineData("""{"size": {"shortest_edge": "small"}}""", "\"shortest_edge\" is \"small\", but must be a number")]
    [InlineData("""{"rescale_factor": "1/255"}""", "\"rescale_factor\" is \"1/255\", but must be a number")]
    [InlineData("""{"image_mean": [0.5, "x", 0.5]}""", "\"image_mean\" is \"x\", but must be a number")]
    [InlineData("""{"image_std": [0.5, 0.5]}""", "\"image_std\" has 2 values")]
    [InlineData("""{"image_std": 0}""", "\"image_std\" must be above 0")]
    [InlineData("""{"resample": "lanczos"}""", "\"resample\" is \"lanczos\", but only 3 (bicubic)")]
    [InlineData("""{"max_pixels": 1e400}""", "\"max_pixels\"")]
    public void A_value_without_meaning_is_named_with_its_file(string json, string why)
    {
        var message = Should.Throw<InvalidDataException>(() => Load(json)).Message;

        message.ShouldContain(ImageProcessorOptions.FileName);
        message.ShouldContain(why);
        message.ShouldNotContain("requires an element");
    }

    private ImageProcessorOptions Load(string json)
    {
        File.WriteAllText(_folder.File(ImageProcessorOptions.FileName), json);
        return ImageProcessorOptions.Load(_folder.Path);
    }
}
