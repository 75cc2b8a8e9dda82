using System.Globalization;
using System.Text;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Tests.Models.Http;

public class BackendHttpTests
{
    private static readonly BackendHttpOptions Options = new() { AttemptTimeout = TimeSpan.FromMinutes(10), TotalTimeout = TimeSpan.FromMinutes(30) };

    [Theory]
    [InlineData("7", 7)]
    [InlineData("0.25", 0.25)]
    [InlineData("date", 9)]
    public async Task A_server_that_asks_to_wait_is_asked_again_after_just_that_long(string retryAfter, double seconds)
    {
        var text = retryAfter == "date" ? ScriptedTime.Now.AddSeconds(9).ToString("R", CultureInfo.InvariantCulture) : retryAfter;
        var time = ShortWaits();
        var calls = 0;
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.StatusCode = ++calls == 1 ? 503 : 200;
            context.Response.Headers.RetryAfter = text;
            await context.Response.WriteAsync("done");
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = time }.CreateClient();

        (await client.GetStringAsync(server.Url)).ShouldBe("done");

        time.Waits.ShouldBe([TimeSpan.FromSeconds(seconds)]);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-5")]
    [InlineData("1e400")]
    [InlineData("soon")]
    [InlineData("Thu, 99 Foo 2026 00:00:00 GMT")]
    public async Task A_wait_that_is_no_time_is_as_none(string retryAfter)
    {
        var calls = 0;
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.StatusCode = ++calls == 1 ? 503 : 200;
            context.Response.Headers.RetryAfter = retryAfter;
            context.Response.Headers["retry-after-ms"] = retryAfter;
            await context.Response.WriteAsync("done");
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = ShortWaits() }.CreateClient();

        (await client.GetStringAsync(server.Url)).ShouldBe("done");
    }

    [Fact]
    public async Task A_server_that_asks_for_an_hour_is_not_waited_for_and_the_hour_is_told()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = ShortWaits() }.CreateClient();

        var exception = await Should.ThrowAsync<RateLimitException>(async () => await client.GetAsync(server.Url));

        exception.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Waits_grow_and_stay_below_the_limit_when_the_server_names_none()
    {
        var time = ShortWaits();
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        });
        using var client = new BackendHttp("s", Options with { MaxRetries = 6 }) { TimeProvider = time }.CreateClient();

        await Should.ThrowAsync<BackendUnavailableException>(async () => await client.GetAsync(server.Url));

        time.Waits.Count.ShouldBe(6);
        time.Waits.ShouldAllBe(wait => wait <= Options.MaxRetryDelay);
        time.Waits.Last().ShouldBeGreaterThan(time.Waits.First());
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task A_job_that_may_have_begun_is_asked_for_again_only_where_that_is_harmless(bool repeatable, int calls)
    {
        var seen = 0;
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            if (++seen < 3)
            {
                context.Abort();
                return;
            }

            await context.Response.WriteAsync("done");
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = ShortWaits() }.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url) { Content = new StreamContent(new OnceStream("job")) };
        request.Options.Set(BackendHttp.Repeatable, repeatable);

        if (repeatable)
        {
            (await (await client.SendAsync(request)).Content.ReadAsStringAsync()).ShouldBe("done");
        }
        else
        {
            (await Should.ThrowAsync<BackendUnavailableException>(async () => await client.SendAsync(request))).Message.ShouldContain("broke off");
        }

        server.Requests.Count.ShouldBe(calls);
        server.Requests.ShouldAllBe(sent => sent.Text == "job");
    }

    [Theory]
    [InlineData("""{"error":{"code":500,"message":"Failed to parse messages: Missing 'role'","type":"server_error"}}""")]
    [InlineData("""{"error":"server_error","message":"[json.exception.type_error.302] type must be string, but is number"}""")]
    public async Task A_mistake_that_a_server_calls_its_own_is_not_sent_again(string body)
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync(body);
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = ShortWaits(), RepeatPosts = true }.CreateClient();

        await Should.ThrowAsync<BackendRejectedException>(async () => await client.PostAsync(server.Url, new StringContent("{}")));

        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_is_not_running_is_named_with_its_address()
    {
        Uri gone;
        await using (var server = await LoopbackServer.StartAsync(_ => Task.CompletedTask))
        {
            gone = server.Url;
        }

        using var client = new BackendHttp("comfyui", Options) { TimeProvider = ShortWaits() }.CreateClient();

        var exception = await Should.ThrowAsync<BackendUnavailableException>(async () => await client.PostAsync(gone, content: null));

        exception.Message.ShouldContain("comfyui");
        exception.Message.ShouldContain($"nothing listens at http://127.0.0.1:{gone.Port}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_of_two_gigabytes_is_refused_without_being_read(bool declared)
    {
        var hungUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            using var registration = context.RequestAborted.Register(hungUp.SetResult);
            if (declared)
            {
                context.Response.ContentLength = 2L << 30;
            }

            var piece = new byte[1 << 16];
            while (!hungUp.Task.IsCompleted)
            {
                await context.Response.Body.WriteAsync(piece, CancellationToken.None);
            }
        });
        using var client = new BackendHttp("s", Options with { MaxResponseBytes = 1 << 20 }) { TimeProvider = ShortWaits() }.CreateClient();

        var exception = await Should.ThrowAsync<BackendAnswerException>(async () => await client.GetAsync(server.Url));

        exception.Message.ShouldContain("1048576 bytes");
        server.Requests.Count.ShouldBe(1);
        await Until.EndsAsync(hungUp.Task, "the client hangs up");
    }

    [Fact]
    public async Task A_web_page_in_place_of_data_is_told_by_its_title()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<!DOCTYPE html><html><head><title> Router login </title></head></html>");
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = ShortWaits() }.CreateClient();

        var exception = await Should.ThrowAsync<BackendAnswerException>(async () => await client.GetAsync(server.At("/v1/models")));

        exception.Message.ShouldContain("/v1/models with a web page titled \"Router login\"");
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again_and_then_told()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half of");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using var client = new BackendHttp("s", Options with { MaxRetries = 2 }) { TimeProvider = ShortWaits() }.CreateClient();

        var exception = await Should.ThrowAsync<BackendUnavailableException>(async () => await client.GetAsync(server.Url));

        exception.Message.ShouldContain("broke off");
        server.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_answer_that_drips_byte_by_byte_is_given_up_in_time()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
            var hungUp = new TaskCompletionSource();
            using var registration = context.RequestAborted.Register(hungUp.SetResult);
            await context.Response.WriteAsync("a");
            await context.Response.Body.FlushAsync();
            await Until.EndsAsync(hungUp.Task, "the client hangs up");
        });
        var time = new ScriptedTime(wait => wait == Options.AttemptTimeout);
        using var client = new BackendHttp("s", Options) { TimeProvider = time, RepeatPosts = true }.CreateClient();

        var exception = await Should.ThrowAsync<BackendUnavailableException>(async () => await client.PostAsync(server.Url, new StringContent("{}")));

        exception.Message.ShouldContain("600 s");
        server.Requests.Count.ShouldBeLessThanOrEqualTo(1);
    }

    [Theory]
    [InlineData(false, 300, "fell silent")]
    [InlineData(true, 0, "broke off")]
    public async Task A_streamed_answer_that_stops_in_the_middle_is_told(bool abort, int waits, string message)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await Until.EndsAsync(begun.Task, "the client has read the first event");
            if (abort)
            {
                context.Abort();
                return;
            }

            var hungUp = new TaskCompletionSource();
            using var registration = context.RequestAborted.Register(hungUp.SetResult);
            await Until.EndsAsync(hungUp.Task, "the client hangs up");
        });
        var reading = false;
        var time = new ScriptedTime(wait => reading && wait == TimeSpan.FromSeconds(waits));
        using var client = new BackendHttp("s", Options) { TimeProvider = time }.CreateClient();
        using var response = await client.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var piece = new byte[64];
        (await stream.ReadAsync(piece)).ShouldBe(9);
        reading = true;
        begun.SetResult();

        var exception = await Should.ThrowAsync<BackendUnavailableException>(async () =>
        {
            while (await stream.ReadAsync(piece) > 0)
            {
            }
        });

        exception.Message.ShouldContain(message);
    }

    [Fact]
    public async Task A_stream_that_never_ends_is_cut_at_the_limit()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync("data: 1\n\n");
            }
        });
        using var client = new BackendHttp("s", Options with { MaxResponseBytes = 1000 }).CreateClient();
        using var response = await client.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();

        var exception = await Should.ThrowAsync<BackendAnswerException>(() => stream.CopyToAsync(Stream.Null));

        exception.Message.ShouldContain("1000 bytes");
    }

    [Fact]
    public async Task A_stream_that_keeps_dripping_is_given_up_when_its_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(":\n\n");
            }
        });
        using var client = new BackendHttp("s", Options) { TimeProvider = time }.CreateClient();
        using var response = await client.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        (await stream.ReadAsync(new byte[8])).ShouldBeGreaterThan(0);

        time.Advance(Options.TotalTimeout);

        (await Should.ThrowAsync<BackendUnavailableException>(() => stream.CopyToAsync(Stream.Null))).Message.ShouldContain("1800 s");
    }

    [Fact]
    public async Task A_redirect_is_told_and_not_followed()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.Redirect("https://elsewhere.example/");
            return Task.CompletedTask;
        });
        using var client = new BackendHttp("s", Options).CreateClient();

        var exception = await Should.ThrowAsync<BackendRejectedException>(async () => await client.GetAsync(server.Url));

        exception.Message.ShouldContain("https://elsewhere.example/");
    }

    [Fact]
    public async Task Cancelling_stays_a_cancellation()
    {
        using var stop = new CancellationTokenSource();
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            await stop.CancelAsync();
            var hungUp = new TaskCompletionSource();
            using var registration = context.RequestAborted.Register(hungUp.SetResult);
            await Until.EndsAsync(hungUp.Task, "the client hangs up");
        });
        using var client = new BackendHttp("s", Options).CreateClient();

        await Should.ThrowAsync<OperationCanceledException>(async () => await client.GetAsync(server.Url, stop.Token));
    }

    [Theory]
    [InlineData("MaxRetries")]
    [InlineData("MaxResponseBytes")]
    [InlineData("AttemptTimeout")]
    public void A_limit_out_of_range_is_named_at_start(string name)
    {
        var options = name switch
        {
            "MaxRetries" => Options with { MaxRetries = -1 },
            "MaxResponseBytes" => Options with { MaxResponseBytes = 0 },
            _ => Options with { AttemptTimeout = TimeSpan.Zero },
        };

        Should.Throw<ArgumentException>(() => new BackendHttp("s", options).CreateClient()).Message.ShouldContain($"Http:{name} is ");
    }

    private static ScriptedTime ShortWaits() => new(wait => wait < TimeSpan.FromMinutes(3));

    // A body that can be read once, as from a file or the network.
    private sealed class OnceStream(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override bool CanSeek => false;
    }
}
