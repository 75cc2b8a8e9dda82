using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GenAgent.Server.Tests.Protocols;

namespace GenAgent.Server.Tests.OpenAI;

/// <summary>Requests that are wrong, or meant to do harm: each gets one of OpenAI's error objects, and the server goes on.</summary>
public sealed class OpenAIRefusalTests(ProtocolServer server) : IClassFixture<ProtocolServer>
{
    public static TheoryData<string, string, string?> Wrong { get; } = new()
    {
        { "images/generations", "", null },
        { "images/generations", "{", null },
        { "images/generations", "[]", null },
        { "images/generations", "null", null },
        { "images/generations", """{"prompt":"\ud83d"}""", null },
        { "images/generations", """{"prompt":"x","prompt":"y"}""", null },
        { "images/generations", """{}""", "prompt" },
        { "images/generations", """{"prompt":null}""", "prompt" },
        { "images/generations", """{"prompt":7}""", "prompt" },
        { "images/generations", """{"prompt":"x","n":0}""", "n" },
        { "images/generations", """{"prompt":"x","n":1e99}""", "n" },
        { "images/generations", """{"prompt":"x","n":1.5}""", "n" },
        { "images/generations", """{"prompt":"x","n":"2"}""", "n" },
        { "images/generations", """{"prompt":"x","size":"12"}""", "size" },
        { "images/generations", """{"prompt":"x","size":"99999999999x1"}""", "size" },
        { "images/generations", """{"prompt":"x","size":"-64x64"}""", "size" },
        { "images/generations", """{"prompt":"x","response_format":"zip"}""", "response_format" },
        { "images/generations", """{"prompt":"x","response_format":"url","stream":true}""", "response_format" },
        { "images/generations", """{"prompt":"x","output_format":"gif"}""", "output_format" },
        { "images/generations", """{"prompt":"x","background":"transparent"}""", "background" },
        { "images/generations", """{"prompt":"x","stream":"yes"}""", "stream" },
        { "images/generations", """{"prompt":"x","partial_images":2}""", "partial_images" },
        { "images/generations", """{"prompt":"x","seed":-1}""", "seed" },
        { "images/generations", """{"prompt":"x","model":["genagent"]}""", "model" },
        { "images/generations", """{"prompt":"x","generator":"comfyui:http://127.0.0.1:9"}""", "generator" },
        { "images/edits", """{"prompt":"x"}""", "image" },
        { "images/edits", """{"prompt":"x","image":"http://169.254.169.254/latest/meta-data"}""", "image" },
        { "images/edits", """{"prompt":"x","image":"file:///etc/passwd"}""", "image" },
        { "images/edits", """{"prompt":"x","image":"../../etc/passwd"}""", "image" },
        { "images/edits", """{"prompt":"x","images":[{"file_id":"file-1"}]}""", "images" },
        { "images/edits", """{"prompt":"x","images":[null]}""", "images" },
        { "images/edits", """{"prompt":"x","image":"data:image/png;base64,AAAA","mask":"data:image/png;base64,AAAA"}""", "mask" },
        { "chat/completions", """{}""", "messages" },
        { "chat/completions", """{"messages":{}}""", "messages" },
        { "chat/completions", """{"messages":[]}""", "messages" },
        { "chat/completions", """{"messages":["x"]}""", "messages[0]" },
        { "chat/completions", """{"messages":[{"role":"system","content":"x"}]}""", "messages" },
        { "chat/completions", """{"messages":[{"role":"user"}]}""", "messages[0].content" },
        { "chat/completions", """{"messages":[{"role":"user","content":"  "}]}""", "messages[0].content" },
        { "chat/completions", """{"messages":[{"role":"user","content":[{"type":"video","text":"x"}]}]}""", "messages[0].content.type" },
        {
            "chat/completions",
            """{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"http://127.0.0.1/"}}]}]}""",
            "messages[0].content.image_url"
        },
        { "chat/completions", """{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""", "response_format" },
        { "chat/completions", """{"messages":[{"role":"user","content":"x"}],"tool_choice":"required"}""", "tool_choice" },
        { "responses", """{}""", "input" },
        { "responses", """{"input":""}""", "input" },
        { "responses", """{"input":7}""", "input" },
        { "responses", """{"input":"x","background":"yes"}""", "background" },
        { "responses", """{"input":"x","background":true,"store":false}""", "store" },
        { "responses", """{"input":"x","previous_response_id":"resp_1"}""", "previous_response_id" },
        { "responses", """{"input":"x","previous_response_id":"../../etc/passwd"}""", "previous_response_id" },
        { "responses", """{"input":[{"type":"image_generation_call","id":"ig_1"},{"role":"user","content":"x"}]}""", "input" },
        { "responses", """{"input":[{"type":"image_generation_call","id":7},{"role":"user","content":"x"}]}""", "id" },
        { "responses", """{"input":"x","metadata":""" + new string('[', 40) + new string(']', 40) + "}", null },
        { "responses", """{"input":"x","instructions":""" + "\"" + new string('x', 300_000) + "\"}", "tools" },
        { "responses", """{"input":"x","tools":[{"type":"image_generation","input_image_mask":{"file_id":"f"}}]}""", "tools" },
        { "responses", """{"input":"x","conversation":"conv_1"}""", "conversation" },
        { "responses", """{"input":"x","tools":{}}""", "tools" },
        { "responses", """{"input":"x","tools":[{"type":"image_generation","action":"edit"}]}""", "tools" },
        { "responses", """{"input":"x","tools":[{"type":"image_generation","size":"big"}]}""", "size" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_request_is_refused_with_an_error_object_that_names_the_field(string path, string body, string? parameter)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Http.PostAsync(server.At($"/v1/{path}"), content, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
        error.GetProperty("type").GetString().ShouldBe("invalid_request_error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        (error.GetProperty("param").GetString() is { Length: > 0 } named ? named : null).ShouldBe(parameter);
    }

    [Fact]
    public async Task An_unknown_model_is_not_found_and_an_address_is_no_model()
    {
        foreach (var model in (string[])["gpt-image-1", "openai:gpt@http://127.0.0.1:9/v1", "hf:../../etc", new string('a', 10_000)])
        {
            using var response = await server.Http.PostAsJsonAsync(
                server.At("/v1/images/generations"), new { prompt = "x", model }, TestContext.Current.CancellationToken);

            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            var error = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
            (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()).ShouldBe(("model_not_found", "model"));
            error.GetProperty("message").GetString()!.Length.ShouldBeLessThan(300);
        }
    }

    [Fact]
    public async Task What_is_no_image_is_refused_whatever_it_calls_itself()
    {
        byte[] bomb = PngBomb.Of(60_000, 60_000);
        foreach (var bytes in (byte[][])[Encoding.UTF8.GetBytes("<svg xmlns='http://www.w3.org/2000/svg'/>"), [0x89, (byte)'P', (byte)'N', (byte)'G'], bomb])
        {
            using var form = new MultipartFormDataContent
            {
                { new StringContent("one blue square"), "prompt" },
                { new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } }, "image", "../../../etc/cron.d/x.png" },
            };
            using var response = await server.Http.PostAsync(server.At("/v1/images/edits"), form, TestContext.Current.CancellationToken);

            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken))
                .GetProperty("error")
                .GetProperty("message")
                .GetString()
                .ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task A_prompt_beyond_the_limit_is_refused()
    {
        using var response = await server.Http.PostAsJsonAsync(
            server.At("/v1/images/generations"), new { prompt = new string('x', 200_000) }, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken))
            .GetProperty("error")
            .GetProperty("message")
            .GetString()
            .ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_client_that_leaves_a_stream_stops_its_job()
    {
        using (var request = new HttpRequestMessage(HttpMethod.Post, server.At("/v1/images/generations"))
        {
            Content = JsonContent.Create(new { prompt = "two red circles", n = 10, stream = true, partial_images = 3 })
        })
        using (var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await server.UntilIdleAsync(TestContext.Current.CancellationToken);
    }
}
