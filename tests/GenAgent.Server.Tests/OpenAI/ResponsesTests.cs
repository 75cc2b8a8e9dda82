using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GenAgent.Server.Security;
using GenAgent.Server.Tests.Jobs;
using GenAgent.Server.Tests.Protocols;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.OpenAI;

/// <summary>Responses that are asked for again, gone on from, and made in the background.</summary>
public sealed class ResponsesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_response_is_found_again_with_the_same_content_and_can_be_streamed_from_any_event_on()
    {
        await using var server = await RunningServer.StartAsync();
        var made = await PostAsync(server, new { input = "two red circles", metadata = new { order = "17" } });
        var address = $"/v1/responses/{made.GetProperty("id").GetString()}";

        var again = await server.GetAsync(address);
        var all = Events(await server.Client.GetStringAsync($"{address}?stream=true", Cancellation));
        var rest = Events(await server.Client.GetStringAsync($"{address}?stream=true&starting_after=3", Cancellation));

        again.GetRawText().ShouldBe(made.GetRawText());
        made.GetProperty("metadata").GetProperty("order").GetString().ShouldBe("17");
        all.Select(one => one.GetProperty("sequence_number").GetInt32()).ShouldBe(Enumerable.Range(0, all.Count));
        rest.Select(one => one.GetRawText()).ShouldBe(all.Skip(4).Select(one => one.GetRawText()));
        all[^1].GetProperty("response").GetProperty("output").GetArrayLength().ShouldBe(made.GetProperty("output").GetArrayLength());
    }

    [Fact]
    public async Task A_response_that_is_not_to_be_kept_is_not_found()
    {
        await using var server = await RunningServer.StartAsync();
        var id = (await PostAsync(server, new { input = "two red circles", store = false })).GetProperty("id").GetString();

        (await server.Client.GetAsync($"/v1/responses/{id}", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Client.GetAsync("/v1/responses/resp_nothing", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var next = await server.PostAsync("/v1/responses", new { input = "one blue square", previous_response_id = id });
        next.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = (await next.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error");
        (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()).ShouldBe(("previous_response_id", "previous_response_not_found"));
    }

    [Theory]
    [InlineData("previous")]
    [InlineData("id")]
    [InlineData("result")]
    public async Task A_request_goes_on_from_an_earlier_image(string way)
    {
        await using var server = await RunningServer.StartAsync([$"Backends:Generator={Repainter.Name}"], backends: registry => Repainter.AddTo(registry));
        var first = await PostAsync(server, new { input = "two red circles" });
        var call = first.GetProperty("output").EnumerateArray().Single(item => item.GetProperty("type").GetString() == "image_generation_call");
        object user = new { role = "user", content = "one blue square" };

        var second = await PostAsync(server, way switch
        {
            "previous" => new { input = "one blue square", previous_response_id = first.GetProperty("id").GetString() },
            "id" => new { input = new[] { new { type = "image_generation_call", id = call.GetProperty("id").GetString() }, user } },
            _ => new { input = new[] { call, user } },
        });

        second.GetProperty("previous_response_id").GetString().ShouldBe(way == "previous" ? first.GetProperty("id").GetString() : null);
        var trajectory = await server.GetAsync($"/api/trajectories/{second.GetProperty("id").GetString()![5..]}-0");
        trajectory.GetProperty("prompt").GetString().ShouldBe("one blue square");
        using var original = SkiaSharp.SKBitmap.Decode(
            await server.Client.GetByteArrayAsync(trajectory.GetProperty("originalImages")[0].GetProperty("url").GetString(), Cancellation));
        using var earlier = SkiaSharp.SKBitmap.Decode(Convert.FromBase64String(call.GetProperty("result").GetString()!));
        original.Pixels.ShouldBe(earlier.Pixels);
    }

    [Fact]
    public async Task A_response_in_the_background_is_answered_at_once_and_ends_without_its_client()
    {
        await using var server = await RunningServer.StartAsync();

        var accepted = await PostAsync(server, new { input = "two red circles", background = true });
        accepted.GetProperty("status").GetString().ShouldBe("queued");
        var address = $"/v1/responses/{accepted.GetProperty("id").GetString()}";
        var events = Events(await server.Client.GetStringAsync($"{address}?stream=true", Cancellation));

        events[1].GetProperty("type").GetString().ShouldBe("response.queued");
        events[^1].GetProperty("type").GetString().ShouldBe("response.completed");
        var ended = await server.GetAsync(address);
        (ended.GetProperty("status").GetString(), ended.GetProperty("background").GetBoolean()).ShouldBe(("completed", true));
        ended.GetProperty("output").EnumerateArray().ShouldContain(item => item.GetProperty("type").GetString() == "image_generation_call");
    }

    [Fact]
    public async Task A_response_in_the_background_goes_on_when_its_stream_is_left_and_is_cancelled_by_name_alone()
    {
        await using var server = await RunningServer.StartAsync(
            ["Server:Generators:hanging=hanging", "Server:StopSeconds=0"], backends: HangingBackend.AddTo);
        string id;
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
        {
            Content = JsonContent.Create(new { input = "two red circles", generator = "hanging", background = true, stream = true }),
        })
        using (var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
            await reader.ReadLineAsync(Cancellation);
            id = JsonDocument.Parse((await reader.ReadLineAsync(Cancellation))![6..]).RootElement.GetProperty("response").GetProperty("id").GetString()!;
            while (await reader.ReadLineAsync(Cancellation) is { } line && !line.Contains("call.generating", StringComparison.Ordinal)) Assert.NotNull(line);
        }

        (await server.GetAsync($"/v1/responses/{id}")).GetProperty("status").GetString().ShouldBe("in_progress");
        using var cancelled = await server.Client.PostAsync($"/v1/responses/{id}/cancel", null, Cancellation);
        (await cancelled.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("status").GetString().ShouldBe("cancelled");
        await server.EndAsync(id[5..]);
        (await server.GetAsync($"/v1/responses/{id}")).GetProperty("status").GetString().ShouldBe("cancelled");
    }

    [Fact]
    public async Task A_response_of_another_key_is_not_found_and_cannot_be_gone_on_from()
    {
        await using var server = await RunningServer.StartAsync(["Server:Authentication=always"]);
        var keys = server.Services.GetRequiredService<ApiKeys>();
        var (_, mine) = await keys.AddAsync("mine", KeyScopes.Read | KeyScopes.Generate, null, null, Cancellation);
        var (_, other) = await keys.AddAsync("other", KeyScopes.Read | KeyScopes.Generate, null, null, Cancellation);
        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", mine);
        var id = (await PostAsync(server, new { input = "two red circles" })).GetProperty("id").GetString();

        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", other);

        (await server.Client.GetAsync($"/v1/responses/{id}", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Client.PostAsync($"/v1/responses/{id}/cancel", null, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.PostAsync("/v1/responses", new { input = "a", previous_response_id = id })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await server.PostAsync("/v1/responses", new { input = new object[]
        {
            new { type = "image_generation_call", id = $"ig_{id![5..]}" }, new { role = "user", content = "a" },
        } })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task<JsonElement> PostAsync(RunningServer server, object body)
    {
        using var response = await server.PostAsync("/v1/responses", body);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static List<JsonElement> Events(string stream) =>
        [.. stream.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line[6..]).RootElement)];
}
