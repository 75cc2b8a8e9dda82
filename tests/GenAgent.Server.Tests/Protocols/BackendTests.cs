using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GenAgent.Models;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>What clients of other protocols see of a generator that hangs, and of one that fails.</summary>
public sealed class BackendTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<RunningServer> StartAsync(Painter painter) => RunningServer.StartAsync(
        ["Backends:Generator=painter"],
        backends: registry => registry.AddImageGenerator(new BackendScheme("painter", BackendForm.NameOnly, "painter", "for tests"), (_, _) => new(painter)));

    [Fact]
    public async Task A_request_under_way_is_shown_and_can_be_interrupted()
    {
        var painter = new Painter { Hangs = true };
        await using var server = await StartAsync(painter);
        var request = server.Client.PostAsJsonAsync("/sdapi/v1/txt2img", new { prompt = "two red circles", force_task_id = "task(mine)" }, Cancellation);
        await Until.EndsAsync(painter.Asked.Task, "the painter is asked");

        var state = (await server.GetAsync("/sdapi/v1/progress")).GetProperty("state");
        (state.GetProperty("job_count").GetInt32(), state.GetProperty("job").GetString()).ShouldBe((1, "task(mine)"));
        using var mine = await server.PostAsync("/internal/progress", new { id_task = "task(mine)" });
        (await mine.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("active").GetBoolean().ShouldBeTrue();
        using var interrupted = await server.PostAsync("/sdapi/v1/interrupt", new { });

        using var response = await request;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("images").GetArrayLength().ShouldBe(0);
        (await server.GetAsync("/sdapi/v1/progress")).GetProperty("state").GetProperty("job_count").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_hangs_up_cancels_its_job_unless_it_can_come_back()
    {
        var painter = new Painter { Hangs = true };
        await using var server = await StartAsync(painter);
        using var left = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var request = server.Client.PostAsJsonAsync("/v1/images/generations", new { prompt = "two red circles" }, left.Token);
        await Until.EndsAsync(painter.Asked.Task, "the painter is asked");
        await left.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => request);

        var job = (await server.GetAsync("/api/jobs")).GetProperty("items")[0].GetProperty("id").GetString()!;
        (await server.EndAsync(job)).GetProperty("state").GetString().ShouldBe("cancelled");
    }

    [Theory]
    [InlineData("/v1/images/generations", """{"prompt":"two red circles"}""")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"two red circles"}]}""")]
    [InlineData("/v1/responses", """{"input":"two red circles"}""")]
    public async Task A_run_that_makes_no_image_is_an_error_with_the_reason(string path, string body)
    {
        await using var server = await StartAsync(new Painter());
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await server.Client.PostAsync(path, content, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error");
        (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()).ShouldBe(("server_error", "image_generation_failed"));
        error.GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("no colours left");
    }

    [Theory]
    [InlineData("/v1/images/generations", """{"prompt":"two red circles","stream":true}""", "\"error\":{")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"two red circles"}],"stream":true}""", "\"error\":{")]
    [InlineData("/v1/responses", """{"input":"two red circles","stream":true}""", "event: response.failed")]
    public async Task A_stream_that_makes_no_image_ends_with_the_reason(string path, string body, string told)
    {
        await using var server = await StartAsync(new Painter());
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await server.Client.PostAsync(path, content, Cancellation);

        var text = await response.Content.ReadAsStringAsync(Cancellation);
        text.ShouldContain(told);
        text.ShouldContain("no colours left");
        text.ShouldNotContain("[DONE]");
    }

    /// <summary>A generator that fails; or hangs until it is cancelled, and tells when it is asked first.</summary>
    private sealed class Painter : IImageGenerator
    {
        public bool Hangs { get; init; }

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult();
            if (Hangs) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new BackendRejectedException("there are no colours left.");
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
