using System.Net;
using System.Text;
using System.Threading.Channels;
using GenAgent.Server.Jobs;
using GenAgent.Server.Storage;
using GenAgent.Server.Tests.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>What receivers of webhooks get, and who never gets one.</summary>
public sealed class WebhookTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_end_of_a_job_is_told_signed()
    {
        await using var receiver = await Receiver.StartAsync(_ => HttpStatusCode.OK);

        // Secrets do not stand in settings: the key is the one that the server made.
        await using var server = await RunningServer.StartAsync(["Server:WebhookHosts=127.0.0.1"]);
        var job = await server.SubmitAsync(new { prompt = "two red circles", webhook = receiver.Hook });
        var told = await receiver.NextAsync();

        told.Id.ShouldBe(job);
        told.Body.ShouldContain("\"succeeded\"");
        told.Signature.ShouldBe($"v1,{server.Services.GetRequiredService<WebhookKey>().Sign(told.Id, told.Time, Encoding.UTF8.GetBytes(told.Body))}");
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(100, 6)]
    public async Task A_receiver_that_fails_is_called_again_after_longer_and_longer_waits_until_it_takes_it_or_six_times(int takesAt, int calls)
    {
        await using var receiver = await Receiver.StartAsync(call => call < takesAt ? HttpStatusCode.InternalServerError : HttpStatusCode.NoContent);
        await using var server = await RunningServer.StartAsync(["Server:WebhookHosts=127.0.0.1"]);
        var job = await server.SubmitAsync(new { prompt = "two red circles", webhook = receiver.Hook });
        var first = await receiver.NextAsync();

        // The same sender with a clock that runs ahead of the server's, whose own next try would be in ten seconds.
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var sender = new WebhookSender(
            server.Services.GetRequiredService<Database>(), server.Services.GetRequiredService<JobTable>(),
                server.Services.GetRequiredService<WebhookAddress>(),
            server.Services.GetRequiredService<WebhookKey>(), time, NullLogger<WebhookSender>.Instance);
        await sender.StartAsync(Cancellation);
        for (var call = 2; call <= calls; call++)
        {
            var wait = await WaitAsync(server, job, time.GetUtcNow());
            wait.TotalSeconds.ShouldBeInRange((10 * (call - 1) * (call - 1)) - 5, (10 * (call - 1) * (call - 1)) + 5);
            time.Advance(wait + TimeSpan.FromSeconds(1));
            (await receiver.NextAsync()).Body.ShouldBe(first.Body);
        }

        // Nothing is due after that, however long one waits.
        await Until.AnyAsync(async () => await WaitingAsync(server, job) ? null : job, "the last call is noted");
        time.Advance(TimeSpan.FromHours(1));
        await sender.StopAsync(Cancellation);
        receiver.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await Receiver.StartAsync(_ => HttpStatusCode.OK);
        await using var receiver = await Receiver.StartAsync(_ => HttpStatusCode.TemporaryRedirect, other.Hook);
        await using var server = await RunningServer.StartAsync(["Server:WebhookHosts=127.0.0.1"]);
        var job = await server.SubmitAsync(new { prompt = "two red circles", webhook = receiver.Hook });

        await receiver.NextAsync();

        (await WaitAsync(server, job, TimeProvider.System.GetUtcNow())).ShouldBeGreaterThan(TimeSpan.Zero, "it counts as failed");
        other.Count.ShouldBe(0);
    }

    [Fact]
    public void A_signature_is_that_of_Standard_Webhooks() =>

        // The example of the specification (github.com/standard-webhooks).
        WebhookKey.Of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}"u8)
            .ShouldBe("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

    [Theory]
    [InlineData("http://127.0.0.1:1/x")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[::1]/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user:password@example.com/")]
    public async Task A_private_or_foreign_address_is_refused(string webhook)
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0"]);

        (await server.PostAsync("/api/jobs", new { prompt = "two red circles", webhook })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task<TimeSpan> WaitAsync(RunningServer server, string job, DateTimeOffset now) =>
        (await server.Services.GetRequiredService<Database>().QueryAsync(
            "SELECT webhook_at FROM jobs WHERE id = @id", row => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)), Cancellation, ("id", job)))[0] - now;

    private static async Task<bool> WaitingAsync(RunningServer server, string job) =>
        (await server.Services.GetRequiredService<Database>().QueryAsync(
            "SELECT webhook FROM jobs WHERE id = @id", row => row.GetInt64(0) > 0, Cancellation, ("id", job)))[0];

    private sealed record Call(string Body, string Id, string Time, string Signature);

    private sealed class Receiver : StubApp
    {
        private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();
        private int _count;

        public string Hook => $"{Address}/hook";

        public Task<Call> NextAsync() => Until.EndsAsync(_calls.Reader.ReadAsync(Cancellation).AsTask(), "the webhook is called");

        public int Count => _count;

        /// <summary>Starts one.</summary>
        /// <param name="answer">The status of the first call, the second, and so on.</param>
        /// <param name="location">Where it redirects to; null for nowhere.</param>
        public static async Task<Receiver> StartAsync(Func<int, HttpStatusCode> answer, string? location = null)
        {
            var receiver = new Receiver();
            receiver.App.MapPost("/hook", async (HttpContext context) =>
            {
                using var reader = new StreamReader(context.Request.Body);
                var body = await reader.ReadToEndAsync(Cancellation);
                var headers = context.Request.Headers;
                context.Response.StatusCode = (int)answer(Interlocked.Increment(ref receiver._count));
                context.Response.Headers.Location = location;
                receiver._calls.Writer.TryWrite(
                    new(body, headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString()));
            });
            await receiver.App.StartAsync(Cancellation);
            return receiver;
        }
    }
}
