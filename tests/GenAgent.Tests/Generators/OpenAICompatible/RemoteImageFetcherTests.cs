using System.Net;
using System.Net.Sockets;
using GenAgent.Generators.OpenAICompatible;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Generators.OpenAICompatible;

/// <summary>An answer may hold any address: what is fetched must not be a door into the user's own network.</summary>
public class RemoteImageFetcherTests
{
    private static readonly IPAddress PublicOne = IPAddress.Parse("93.184.216.34");

    [Fact]
    public async Task A_public_image_is_fetched()
    {
        await using var server = await LoopbackServer.StartAsync(Image);
        using var fetcher = Fetcher(server, named: new("http://localhost:1/v1"));

        var image = await fetcher.FetchAsync(new Uri($"http://public.example:{server.Url.Port}/a.png?sig=secret"), CancellationToken.None);

        image.MediaType.ShouldBe("image/png");
        server.Requests.Single().Path.ShouldBe("/a.png?sig=secret");
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/a.png")]
    [InlineData("http://[::1]:{0}/a.png")]
    [InlineData("http://private.example:{0}/a.png")]
    [InlineData("http://metadata.example:{0}/a.png")]
    [InlineData("http://both.example:{0}/a.png")]
    public async Task A_private_address_is_never_connected_to_whatever_its_name(string address)
    {
        await using var server = await LoopbackServer.StartAsync(Image);
        using var fetcher = Fetcher(server, named: new("http://localhost:1/v1"));

        var exception = await Should.ThrowAsync<BackendAnswerException>(
            () => fetcher.FetchAsync(new Uri(string.Format(address, server.Url.Port)), CancellationToken.None));

        exception.Message.ShouldContain("private address");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_redirect_to_a_private_address_is_not_followed()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.Redirect($"http://private.example:{context.Request.Host.Port}/secret.png");
            return Task.CompletedTask;
        });
        using var fetcher = Fetcher(server, named: new("http://localhost:1/v1"));

        var exception = await Should.ThrowAsync<BackendAnswerException>(
            () => fetcher.FetchAsync(new Uri($"http://public.example:{server.Url.Port}/a.png"), CancellationToken.None));

        exception.Message.ShouldContain("private.example is the private address 10.0.0.5");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_server_that_the_user_named_may_be_private()
    {
        await using var server = await LoopbackServer.StartAsync(Image);
        using var fetcher = Fetcher(server, named: server.At("/v1"));

        (await fetcher.FetchAsync(server.At("/out/a.png"), CancellationToken.None)).MediaType.ShouldBe("image/png");
    }

    [Fact]
    public async Task Another_port_of_the_named_server_is_private_all_the_same()
    {
        await using var server = await LoopbackServer.StartAsync(Image);
        using var fetcher = Fetcher(server, named: new("http://127.0.0.1:1/v1"));

        await Should.ThrowAsync<BackendAnswerException>(() => fetcher.FetchAsync(server.At("/a.png"), CancellationToken.None));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://public.example/a.png")]
    public async Task Only_http_is_fetched(string address)
    {
        await using var server = await LoopbackServer.StartAsync(Image);
        using var fetcher = Fetcher(server, named: server.Url);

        (await Should.ThrowAsync<BackendAnswerException>(() => fetcher.FetchAsync(new Uri(address), CancellationToken.None)))
            .Message.ShouldContain("neither http nor https");
    }

    [Theory]
    [InlineData("application/json", false, "holds application/json, no image")]
    [InlineData("image/png", false, "is no image that can be read")]
    [InlineData("image/png", true, "declares 60000 x 60000 pixels")]
    public async Task What_is_no_image_of_sane_size_is_refused(string type, bool bomb, string reason)
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.ContentType = type;
            await context.Response.Body.WriteAsync(bomb ? TestImages.Declaring(60_000, 60_000) : "no"u8.ToArray());
        });
        using var fetcher = Fetcher(server, named: server.Url);

        (await Should.ThrowAsync<BackendAnswerException>(() => fetcher.FetchAsync(server.At("/a?sig=secret"), CancellationToken.None)))
            .Message.ShouldSatisfyAllConditions(message => message.ShouldContain(reason), message => message.ShouldNotContain("secret"));
    }

    [Fact]
    public async Task An_image_larger_than_the_limit_is_refused()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.ContentLength = RemoteImageFetcher.MaxBytes + 1;
            return context.Response.Body.FlushAsync();
        });
        using var fetcher = Fetcher(server, named: server.Url);

        (await Should.ThrowAsync<BackendAnswerException>(() => fetcher.FetchAsync(server.At("/a"), CancellationToken.None)))
            .Message.ShouldContain($"{RemoteImageFetcher.MaxBytes} bytes");
    }

    [Fact]
    public async Task A_name_that_nothing_answers_for_is_told()
    {
        await using var server = await LoopbackServer.StartAsync(Image);
        using var fetcher = Fetcher(server, named: server.Url);

        await Should.ThrowAsync<BackendUnavailableException>(() => fetcher.FetchAsync(new Uri("http://nowhere.example/a.png"), CancellationToken.None));
    }

    private static RemoteImageFetcher Fetcher(LoopbackServer server, Uri named) => new(
        new BackendHttp("s", new() { MaxRetries = 2 }) { TimeProvider = new ScriptedTime(wait => wait < TimeSpan.FromMinutes(3)) },
        named,
        (host, _) => Task.FromResult<IPAddress[]>(host switch
        {
            "public.example" => [PublicOne],
            "private.example" => [IPAddress.Parse("10.0.0.5")],
            "metadata.example" => [IPAddress.Parse("169.254.169.254")],
            "both.example" => [IPAddress.Loopback, PublicOne],
            _ => [],
        }),
        async (address, port, cancellationToken) =>
        {
            // Stands for the internet: whatever public address is called, the test's server answers.
            (address.Equals(PublicOne) || IPAddress.IsLoopback(address)).ShouldBeTrue();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        });

    private static async Task Image(HttpContext context)
    {
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(TestImages.Png().Data);
    }
}
