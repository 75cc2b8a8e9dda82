using System.Text;
using GenAgent.Server.Tests.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>What receivers of webhooks get, and who never gets one.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task The_end_of_a_job_is_told_signed_and_again_until_the_receiver_takes_it()
    {
        var told = new TaskCompletionSource<(string Body, string Id, string Time, string Signature)>();
        var calls = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var receiver = builder.Build();
        receiver.MapPost("/hook", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            var body = await reader.ReadToEndAsync();
            told.TrySetResult(
                (body, request.Headers["webhook-id"].ToString(), request.Headers["webhook-timestamp"].ToString(),
                request.Headers["webhook-signature"].ToString()));
            return Interlocked.Increment(ref calls) > 0 ? Results.Ok() : Results.StatusCode(500);
        });
        await receiver.StartAsync(TestContext.Current.CancellationToken);

        // Secrets do not stand in settings: the key is the one that the server made.
        await using var server = await RunningServer.StartAsync(["Server:WebhookHosts=127.0.0.1"]);
        var job = await server.SubmitAsync(new { prompt = "two red circles", webhook = $"{receiver.Urls.First()}/hook" });
        var (body, id, time, signature) = await told.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        id.ShouldBe(job);
        body.ShouldContain("\"succeeded\"");
        var key = (Server.Jobs.WebhookKey)server.Services.GetService(typeof(Server.Jobs.WebhookKey))!;
        signature.ShouldBe($"v1,{key.Sign(id, time, Encoding.UTF8.GetBytes(body))}");
    }

    [Fact]
    public void A_signature_is_that_of_Standard_Webhooks() =>

        // The example of the specification (github.com/standard-webhooks).
        Server.Jobs.WebhookKey.Of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
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

        (await server.PostAsync("/api/jobs", new { prompt = "two red circles", webhook })).StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
    }
}
