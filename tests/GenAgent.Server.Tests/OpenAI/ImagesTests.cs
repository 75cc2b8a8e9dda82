using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GenAgent.Server.Tests.Protocols;

namespace GenAgent.Server.Tests.OpenAI;

/// <summary>What the official clients do not show of the images API.</summary>
public sealed class ImagesTests(ProtocolServer server) : IClassFixture<ProtocolServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task<JsonElement> MakeAsync(HttpContent body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.At("/v1/images/generations")) { Content = body };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var response = await server.Http.SendAsync(request, Cancellation);
        ((int)response.StatusCode).ShouldBe(200, await response.Content.ReadAsStringAsync(Cancellation));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    [Fact]
    public async Task A_URL_leads_to_the_image()
    {
        var made = await MakeAsync(JsonContent.Create(new { prompt = "two red circles", response_format = "url" }));

        var image = await server.Http.GetByteArrayAsync(made.GetProperty("data")[0].GetProperty("url").GetString(), Cancellation);
        image[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G']);
    }

    [Fact]
    public async Task A_request_that_is_sent_again_with_its_key_gets_the_image_of_the_first()
    {
        var (first, again) = (await MakeAsync(JsonContent.Create(new { prompt = "two red circles" }), "once"),
            await MakeAsync(JsonContent.Create(new { prompt = "two red circles" }), "once"));

        again.GetProperty("data")[0].GetProperty("b64_json").GetString().ShouldBe(first.GetProperty("data")[0].GetProperty("b64_json").GetString());
    }

    [Fact]
    public async Task A_body_that_curl_sends_without_a_type_is_read_as_JSON()
    {
        var made = await MakeAsync(new StringContent("""{"prompt":"two red circles","seed":7}""", Encoding.UTF8, "application/x-www-form-urlencoded"));

        made.GetProperty("data")[0].GetProperty("revised_prompt").GetString().ShouldNotBeNullOrEmpty();
    }
}
