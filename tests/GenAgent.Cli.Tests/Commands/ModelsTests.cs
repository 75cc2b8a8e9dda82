using System.Security.Cryptography;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Tests.Commands;

public sealed class ModelsTests : IAsyncLifetime
{
    private const string Commit = "89abcdef89abcdef89abcdef89abcdef89abcdef";
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 2_345).Select(i => (byte)i)];

    private readonly TestHost _host = new(width: 120);
    private WebApplication _hub = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _hub = builder.Build();
        _hub.Urls.Add("http://127.0.0.1:0");
        _hub.Run(AnswerAsync);
        await _hub.StartAsync();
        _host.Environment["HF_ENDPOINT"] = _hub.Urls.First();
        _host.Environment["HF_HOME"] = Path.Combine(_host.Folder, "hf");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task A_pulled_model_is_listed_shown_verified_and_removed()
    {
        (await _host.RunAsync("models", "pull", "hf:org/tiny")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        var folder = _host.OutputLines.ShouldHaveSingleItem();
        folder.ShouldBe(Path.Combine(_host.Folder, "hf", "hub", "models--org--tiny", "snapshots", Commit));
        File.ReadAllBytes(Path.Combine(folder, "model.safetensors")).ShouldBe(Weights);

        (await _host.RunAsync("models", "list")).ShouldBe(ExitCode.Success);
        (await _host.RunAsync("models", "show", "org/tiny")).ShouldBe(ExitCode.Success);
        (await _host.RunAsync("models", "verify")).ShouldBe(ExitCode.Success);
        (await _host.RunAsync("models", "remove", "org/tiny")).ShouldBe(ExitCode.Success);

        _host.Output.Output.ShouldContain("org/tiny");
        _host.Output.Output.ShouldContain("2.3 kB");
        _host.Output.Output.ShouldContain("model.safetensors");
        _host.Output.Output.ShouldContain("org/tiny: whole");
        _host.Output.Output.ShouldContain("micro-agent: whole");
        _host.Output.Output.ShouldContain("micro-flux: whole");
        _host.Output.Output.ShouldContain("micro-flux-b: whole");
        _host.OutputLines[^1].ShouldBe("org/tiny: removed, 2.3 kB freed.");
        Directory.Exists(Path.Combine(_host.Folder, "hf", "hub", "models--org--tiny")).ShouldBeFalse();
    }

    [Fact]
    public async Task Programs_read_the_list_as_json()
    {
        await _host.RunAsync("models", "pull", "org/tiny", "--include", "*.json");
        await _host.RunAsync("models", "list", "--json");

        using var json = JsonDocument.Parse(_host.OutputLines[^1]);
        json.RootElement.GetProperty("schema").GetString().ShouldBe("genagent.model/1");
        json.RootElement.GetProperty("model").GetString().ShouldBe("org/tiny");
        json.RootElement.GetProperty("size").GetInt64().ShouldBe(2);
        json.RootElement.GetProperty("revisions")[0].GetProperty("references")[0].GetString().ShouldBe("main");
    }

    [Fact]
    public async Task A_damaged_model_ends_with_code_7_and_names_the_file()
    {
        await _host.RunAsync("models", "pull", "org/tiny");
        await File.WriteAllTextAsync(Path.Combine(_host.OutputLines[0], "config.json"), "[]");

        (await _host.RunAsync("models", "verify", "org/tiny")).ShouldBe(ExitCode.CheckFailed);

        _host.Output.Output.ShouldContain("config.json");
    }

    [Theory]
    [InlineData((int)ExitCode.Usage, "no model", "models", "pull", "a/b/c")]
    [InlineData((int)ExitCode.Backend, "no such model", "models", "pull", "org/nothing")]
    [InlineData((int)ExitCode.Backend, "HF_TOKEN", "models", "pull", "org/closed")]
    [InlineData((int)ExitCode.Backend, "genagent models pull hf:org/tiny", "models", "show", "org/tiny")]
    [InlineData((int)ExitCode.Backend, "has nothing of it", "models", "remove", "org/tiny")]
    public async Task A_model_that_is_not_there_ends_with_its_own_code_and_what_to_do(int code, string words, params string[] arguments)
    {
        ((int)await _host.RunAsync(arguments)).ShouldBe(code);

        string.Join(' ', _host.Screen.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ShouldContain(words);
    }

    [Fact]
    public async Task An_empty_cache_says_how_to_fill_it()
    {
        (await _host.RunAsync("models", "list")).ShouldBe(ExitCode.Success);

        _host.Said.ShouldContain("genagent models pull");
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/api/models/org/tiny/revision/main":
#pragma warning disable CA5350 // git's own hash
                var config = Convert.ToHexStringLower(SHA1.HashData("blob 2\0{}"u8));
#pragma warning restore CA5350
                var weights = Convert.ToHexStringLower(SHA256.HashData(Weights));
                await context.Response.WriteAsync($$$"""{"sha":"{{{Commit}}}","siblings":[{"rfilename":"config.json","size":2,"blobId":"{{{config}}}"},{"rfilename":"model.safetensors","lfs":{"sha256":"{{{weights}}}","size":2345}}]}""");
                break;
            case $"/org/tiny/resolve/{Commit}/config.json":
                await context.Response.WriteAsync("{}");
                break;
            case $"/org/tiny/resolve/{Commit}/model.safetensors":
                await context.Response.Body.WriteAsync(Weights);
                break;
            case "/api/models/org/closed/revision/main":
                context.Response.StatusCode = 401;
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
