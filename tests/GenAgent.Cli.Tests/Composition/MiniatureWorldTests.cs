using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Composition;

public sealed class MiniatureWorldTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    private Task<ExitCode> GenerateAsync(string prompt) =>
        _host.RunAsync("generate", prompt, "--agent", "oracle", "--generator", "canvas", "--judge", "verifier", "--out", "run", "--json", "--seed", "4");

    [Fact]
    public async Task The_whole_loop_runs_without_any_server_or_model()
    {
        (await GenerateAsync("two green stars above a blue circle")).ShouldBe(ExitCode.Success, _host.Said);

        var result = JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem()).RootElement;
        result.GetProperty("judgment").GetProperty("judge").GetString().ShouldBe("micro-verifier/2");
        result.GetProperty("judgment").GetProperty("passed").GetBoolean().ShouldBeTrue();
        result.GetProperty("verdict").GetString().ShouldBe("pass");
    }

    [Fact]
    public async Task What_this_world_does_not_have_is_declined_in_words()
    {
        (await GenerateAsync("a photo of a dog")).ShouldBe(ExitCode.NoImage);

        JsonDocument.Parse(_host.OutputLines.ShouldHaveSingleItem()).RootElement.GetProperty("error").GetString()!.ShouldContain("dog");
    }
}
