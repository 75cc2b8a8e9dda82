using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using GenAgent.Server.Security;
using GenAgent.Server.Tests.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Tests.Security;

/// <summary>What is refused, and that the server works on for others.</summary>
public sealed class AttackTests
{
    private static readonly object Good = new { prompt = "two red circles" };

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer ")]
    [InlineData("Bearer gak_000000000000_0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("Basic dXNlcjpwYXNzd29yZA==")]
    public async Task Without_a_valid_key_nothing_is_shown_and_nothing_is_done(string? header)
    {
        await using var server = await RunningServer.StartAsync(["Server:Authentication=always"]);
        if (header is not null) server.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);

        foreach (var address in (string[])["/api/info", "/api/jobs", "/API/jobs", "/api/trajectories", "/api/images/x", "/openapi/v1.json", "/v1/models"])
        {
            (await server.Client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, address);
        }

        (await server.PostAsync("/api/jobs", Good)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await server.Client.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.Client.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_does_what_its_scopes_allow_within_its_rate_and_budget_and_sees_its_own_jobs()
    {
        await using var server = await RunningServer.StartAsync(["Server:Authentication=always", "Server:Workers=0"]);
        var keys = server.Services.GetRequiredService<ApiKeys>();
        var token = TestContext.Current.CancellationToken;
        var (_, reader) = await keys.AddAsync("reader", KeyScopes.Read, null, null, token);
        var (_, maker) = await keys.AddAsync("maker", KeyScopes.Read | KeyScopes.Generate, null, 3, token);
        var (key, other) = await keys.AddAsync("other", KeyScopes.Read | KeyScopes.Generate, 1, null, token);

        (await SendAsync(server, reader, HttpMethod.Get, "/api/jobs")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(server, reader, HttpMethod.Post, "/api/jobs", "{\"prompt\":\"a\"}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var accepted = await SendAsync(server, maker, HttpMethod.Post, "/api/jobs", "{\"prompt\":\"a\",\"count\":3}");
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await SendAsync(server, other, HttpMethod.Get, accepted.Headers.Location!.ToString())).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync(server, maker, HttpMethod.Post, "/api/jobs", "{\"prompt\":\"b\"}")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        var answers =
            new[] { await SendAsync(
                server, other, HttpMethod.Post, "/api/jobs", "{\"prompt\":\"c\"}"), await SendAsync(
                    server, other, HttpMethod.Post, "/api/jobs", "{\"prompt\":\"d\"}"), await SendAsync(
                        server, other, HttpMethod.Post, "/api/jobs", "{\"prompt\":\"e\"}") };
        answers.ShouldContain(answer => answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter != null);

        (await keys.ListAsync(token)).ShouldAllBe(one => !other.Contains(one.Hash, StringComparison.Ordinal));
        (await keys.RevokeAsync(key.Id, token)).ShouldBeTrue();
        (await new ApiKeys(server.Services.GetRequiredService<GenAgent.Server.Storage.Database>(), TimeProvider.System).FindAsync(other, token)).ShouldBeNull();
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"prompt\":7}")]
    [InlineData("{\"prompt\":\"a\",\"promt\":\"b\"}")]
    [InlineData("{\"prompt\":\"\"}")]
    [InlineData("{\"prompt\":\"a\\u0000b\"}")]
    [InlineData("{\"prompt\":\"a\",\"count\":1000000}")]
    [InlineData("{\"prompt\":\"a\",\"rounds\":-1}")]
    [InlineData("{\"prompt\":\"a\",\"size\":{\"width\":100000,\"height\":1}}")]
    [InlineData("{\"prompt\":\"a\",\"deadline\":1e300}")]
    [InlineData("{\"prompt\":\"a\",\"agent\":\"openai:x@http://169.254.169.254/v1\"}")]
    [InlineData("{\"prompt\":\"a\",\"generator\":\"../../etc\"}")]
    [InlineData("{\"prompt\":\"a\",\"images\":[\"http://169.254.169.254/\"]}")]
    [InlineData("{\"prompt\":\"a\",\"images\":[\"/etc/passwd\"]}")]
    [InlineData("{\"prompt\":\"a\",\"images\":[\"file:///etc/passwd\"]}")]
    [InlineData("{\"prompt\":\"a\",\"images\":[\"data:image/png;base64,AAAA\"]}")]
    [InlineData("{\"prompt\":\"a\",\"kind\":\"delete\"}")]
    public async Task A_wrong_body_is_refused_as_the_client_s_fault_and_the_next_one_works(string body)
    {
        await using var server = await RunningServer.StartAsync();

        using var answer = await server.Client.PostAsync("/api/jobs", new StringContent(body, Encoding.UTF8, "application/json"));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await server.EndAsync(await server.SubmitAsync(Good))).GetProperty("state").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task Long_bodies_and_prompts_and_image_bombs_are_refused_before_they_cost_anything()
    {
        await using var server = await RunningServer.StartAsync(["Server:BodyBytes=100000", "Server:Workers=0"]);

        (await server.PostAsync("/api/jobs", new { prompt = new string('a', 200_000) })).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await server.PostAsync("/api/jobs", new { prompt = new string('a', 20_000) })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        (await server.PostAsync(
            "/api/jobs", new { prompt = "a",
            images = new[] { $"data:image/png;base64,{Convert.ToBase64String(PngOf(50_000, 50_000))}" } })).StatusCode.ShouldBe(
                HttpStatusCode.RequestEntityTooLarge);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(50_000_000, "10 GB of pixels were declared");
    }

    [Fact]
    public async Task A_queue_that_is_full_refuses_with_a_time_to_come_again()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=0", "Server:Queue=2"]);
        await server.SubmitAsync(Good);
        await server.SubmitAsync(Good);

        using var answer = await server.PostAsync("/api/jobs", Good);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_page_of_another_origin_can_do_nothing(string header, string value)
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/api/jobs") { Content = new StringContent("{\"prompt\":\"a\"}", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(header, value);

        using var answer = await server.Client.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        answer.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task A_name_that_somebody_points_at_this_machine_is_not_answered()
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/info") { Headers = { Host = "rebound.example" } };

        (await server.Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task The_page_allows_no_inline_script_and_no_frame()
    {
        await using var server = await RunningServer.StartAsync();

        using var page = await server.Client.GetAsync("/");

        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("script-src 'self'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.Split(';').Single(part => part.Contains("script-src", StringComparison.Ordinal)).ShouldNotContain("unsafe");
        (await page.Content.ReadAsStringAsync()).ShouldNotContain("<script>");
        page.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Theory]
    [InlineData("/api/images/..%2f..%2fserver.db")]
    [InlineData("/api/images/%2e%2e")]
    [InlineData("/api/trajectories/..%2f..%2fserver.db")]
    [InlineData("/api/runs/..%2f..%2fetc")]
    [InlineData("/api/runs/..%2f..%2fetc/report/passwd")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/%2e%2e/server.db")]
    public async Task A_path_out_of_the_folders_finds_nothing(string address)
    {
        await using var server = await RunningServer.StartAsync();

        // Sent as it is: HttpClient would tidy it up.
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", server.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        // An address that could be of the page is answered with the page, and with nothing else.
        (answer.StartsWith("HTTP/1.1 404", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal)
            || answer.Contains("<title>GenAgent</title>", StringComparison.Ordinal)).ShouldBeTrue(answer);
        answer.ShouldNotContain("SQLite format");
        answer.ShouldNotContain("root:");
    }

    [Fact]
    public async Task Slow_clients_hold_nobody_up()
    {
        await using var server = await RunningServer.StartAsync(["Server:Workers=1"]);
        var waiting = await server.SubmitAsync(new { prompt = "two red circles", priority = -100 });
        var slow = new List<TcpClient>();
        try
        {
            for (var one = 0; one < 100; one++)
            {
                var tcp = new TcpClient();
                await tcp.ConnectAsync("127.0.0.1", server.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
                await tcp.GetStream().WriteAsync(
                    "POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"u8.ToArray(), TestContext.Current.CancellationToken);
                slow.Add(tcp);
            }

            await server.EndAsync(waiting);
            (await server.EndAsync(await server.SubmitAsync(Good))).GetProperty("state").GetString().ShouldBe("succeeded");
        }
        finally
        {
            slow.ForEach(tcp => tcp.Dispose());
        }
    }

    [Fact]
    public async Task More_event_streams_than_allowed_are_refused()
    {
        await using var server = await RunningServer.StartAsync(["Server:EventStreams=3", "Server:Workers=0"]);
        var job = await server.SubmitAsync(Good);
        var open = new List<HttpResponseMessage>();
        for (var one = 0; one < 3; one++) open.Add(await server.Client.GetAsync($"/api/jobs/{job}/events", HttpCompletionOption.ResponseHeadersRead));
        open.ShouldAllBe(stream => stream.StatusCode == HttpStatusCode.OK);

        (await server.Client.GetAsync($"/api/jobs/{job}/events", HttpCompletionOption.ResponseHeadersRead)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        (await server.Client.PostAsync($"/api/jobs/{job}/cancel", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var stream in open) (await stream.Content.ReadAsStringAsync()).ShouldContain("cancelled");
    }

    private static Task<HttpResponseMessage> SendAsync(RunningServer server, string key, HttpMethod method, string address, string? body = null)
    {
        var request = new HttpRequestMessage(method, address) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return server.Client.SendAsync(request);
    }

    // A header that declares a size, and no pixels.
    private static byte[] PngOf(int width, int height)
    {
        byte[] header = [(byte)'I', (byte)'H', (byte)'D', (byte)'R', .. BigEndian(width), .. BigEndian(height), 8, 6, 0, 0, 0];
        var crc = uint.MaxValue;
        foreach (var value in header)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, .. BigEndian(13), .. header, .. BigEndian((int)~crc), .. BigEndian(0), (byte)'I',
            (byte)'D', (byte)'A', (byte)'T', .. BigEndian(0x35AF061E)];
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
