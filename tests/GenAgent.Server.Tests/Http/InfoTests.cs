using System.Net;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Http;

/// <summary>What a client asks first.</summary>
public sealed class InfoTests
{
    [Fact]
    public async Task The_server_says_what_it_serves_by_names_alone()
    {
        await using var server = await RunningServer.StartAsync(["Server:Generators:second=canvas"]);

        var info = await server.GetAsync("/api/info");

        info.GetProperty("agents")[0].GetProperty("name").GetString().ShouldBe("oracle");
        info.GetProperty("generators").EnumerateArray().Select(one => one.GetProperty("name").GetString()).ShouldBe(["canvas", "second"]);
        info.GetProperty("defaults").GetProperty("rounds").GetInt32().ShouldBeGreaterThan(0);
        info.GetProperty("readOnly").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/trajectories/some-id", HttpStatusCode.OK)]
    [InlineData("/nothing.js", HttpStatusCode.NotFound)]
    [InlineData("/api/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/jobs/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/images/nothing", HttpStatusCode.NotFound)]
    public async Task Addresses_answer(string address, HttpStatusCode status)
    {
        await using var server = await RunningServer.StartAsync();

        (await server.Client.GetAsync(address)).StatusCode.ShouldBe(status);
    }
}
