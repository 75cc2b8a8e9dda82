using System.Net.Http.Json;
using GenAgent.Server.Tests.Protocols;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Security;

/// <summary>Small files that declare many pixels, at each door that takes images.</summary>
public sealed class ImageBombTests
{
    [Fact]
    public async Task A_bomb_is_refused_at_every_door_before_its_pixels_are_made_and_the_next_request_works()
    {
        await using var server = await RunningServer.StartAsync([$"Backends:Generator={Repainter.Name}"], backends: registry => Repainter.AddTo(registry));
        var base64 = Convert.ToBase64String(PngBomb.Of(50_000, 50_000));
        var url = $"data:image/png;base64,{base64}";
        var before = GC.GetTotalAllocatedBytes(precise: true);
        foreach (var (path, body) in new (string, object)[]
        {
            ("/api/jobs", new { prompt = "a", images = new[] { url } }),
            ("/v1/images/edits", new { prompt = "a", image = url }),
            ("/v1/chat/completions", new { messages = new[] { new { role = "user", content = Parts("image_url") } } }),
            ("/v1/responses", new { input = new[] { new { role = "user", content = Parts("input_image") } } }),
            ("/v1/responses", new { input = new object[] { new { type = "image_generation_call", result = base64 }, new { role = "user", content = "a" } } }),
            ("/sdapi/v1/img2img", new { prompt = "a", init_images = new[] { base64 } }),
        })
        {
            using var answer = await server.Client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
            ((int)answer.StatusCode).ShouldBeInRange(400, 422, $"{path}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        }

        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(100_000_000, "10 GB of pixels were declared six times");
        (await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }))).GetProperty("state").GetString().ShouldBe("succeeded");

        object[] Parts(string kind) => [new { type = "text", text = "a" }, new { type = kind, image_url = url }];
    }
}
