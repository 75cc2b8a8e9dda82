using System.Text.Json;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Server.Tests.OpenAI;

/// <summary>What a client that streams an image sees before it is done.</summary>
public sealed class PartialImagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/images/generations", """{"prompt":"two red circles","stream":true,"partial_images":3}""", "image_generation")]
    [InlineData(
        "/v1/responses",
        """{"input":"two red circles","stream":true,"tools":[{"type":"image_generation","partial_images":3}]}""",
        "response.image_generation_call")]
    public async Task A_generator_s_preview_is_a_partial_image_and_comes_before_its_image(string path, string body, string kind)
    {
        var painter = new PreviewPainter(Preview());
        await using var server = await RunningServer.StartAsync(["Backends:Generator=previews"], backends: painter.AddTo);
        var partial = new List<string>();

        await foreach (var happened in StreamAsync(server, path, body))
        {
            if (happened.GetProperty("type").GetString() != $"{kind}.partial_image") continue;
            happened.GetProperty("partial_image_index").GetInt32().ShouldBe(partial.Count);
            partial.Add(happened.GetProperty(kind.StartsWith("response", StringComparison.Ordinal) ? "partial_image_b64" : "b64_json").GetString()!);
            painter.GoOn();
        }

        // A preview, once for the call, and the image that the agent was shown.
        partial.Count.ShouldBe(2);
        Corner(partial[0]).ShouldBe(SKColors.Lime);
        Corner(partial[1]).ShouldNotBe(SKColors.Lime);
    }

    [Fact]
    public async Task Earlier_rounds_are_partial_images_and_no_more_come_than_were_asked_for()
    {
        await using var server = await RunningServer.StartAsync(["Backends:Generator=canvas?drop=1"]);
        foreach (var most in (int[])[0, 1, 3])
        {
            var events = new List<JsonElement>();
            await foreach (var happened in StreamAsync(
                server, "/v1/images/generations",
                $$"""{"prompt":"two red circles and a blue square","stream":true,"seed":3,"partial_images":{{most}}}""")) events.Add(happened);

            var partial = events.Where(happened => happened.GetProperty("type").GetString() == "image_generation.partial_image").ToList();
            partial.Count.ShouldBe(most, "the painter leaves something out each time, and so there are several rounds");
            events[^1].GetProperty("type").GetString().ShouldBe("image_generation.completed");
            partial.Select(one => one.GetProperty("b64_json").GetString()).ShouldBeUnique();
            var size = events[^1].GetProperty("size").GetString();
            partial.ShouldAllBe(one => one.GetProperty("size").GetString() == size);
        }
    }

    private static async IAsyncEnumerable<JsonElement> StreamAsync(RunningServer server, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal)) yield return JsonDocument.Parse(line[6..]).RootElement;
        }
    }

    private static SKColor Corner(string base64)
    {
        using var bitmap = SKBitmap.Decode(Convert.FromBase64String(base64));
        return bitmap.GetPixel(0, 0);
    }

    private static DataContent Preview()
    {
        using var bitmap = new SKBitmap(16, 16);
        bitmap.Erase(SKColors.Lime);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return new(png.ToArray(), "image/png");
    }
}
