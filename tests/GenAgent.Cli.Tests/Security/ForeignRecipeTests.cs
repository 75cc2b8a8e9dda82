using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Security;

/// <summary>A recipe that came from someone else: it may name any server and any of the user's secrets.</summary>
public sealed class ForeignRecipeTests : IDisposable
{
    private const string Key = "sk-victims-own-key-000";

    private readonly TestHost _host = new(width: 300);

    public ForeignRecipeTests() => _host.Environment["GENAGENT_Secrets__openai"] = Key;

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("generator", "openai:x@http://attacker.example/v1")]
    [InlineData("generator", "openai:x@http://127.0.0.1:{0}/v1?key=openai")]
    [InlineData("generator", "geagent:http://127.0.0.1:{0}?edit=http://attacker.example:99")]
    [InlineData("judge", "openai:x@http://127.0.0.1:{0}/v1?key=openai")]
    [InlineData("judge", "openai:x@http://10.0.0.1/v1")]
    [InlineData("monitor", "openai:x?key=openai")]
    [InlineData("pairwiseJudge", "openai:x@https://attacker.example/v1")]
    [InlineData("engine", "vllm:x@http://attacker.example:8000")]
    [InlineData("engine", "vllm:x@http://127.0.0.1:{0},http://attacker.example:8000")]
    [InlineData("engine", "sglang:x@http://127.0.0.1:{0}?key=openai")]
    public async Task No_server_elsewhere_and_no_secret_that_only_the_recipe_names_is_used(string name, string uri)
    {
        using var attacker = new Attacker();
        uri = attacker.In(uri);
        _host.Write("rl.json", $$"""{ "startFrom": "micro", "{{name}}": "{{uri}}" }""");

        foreach (var more in new[] { ["--dry-run"], Array.Empty<string>() })
        {
            (await _host.RunAsync(["train", "rl", "rl.json", "--out", "run", .. more])).ShouldBe(ExitCode.Usage, _host.Said);
        }

        attacker.RequireNotCalled();
        _host.Said.ShouldContain($"--set \"{name}={uri}\"");
        _host.Said.ShouldNotContain(Key);
    }

    [Theory]
    [InlineData("judge", "openai:x@http://127.0.0.1:9/v1", false)]
    [InlineData("judge", "openai:x@http://10.0.0.1/v1?key=openai", true)]
    public async Task A_server_on_this_machine_and_one_that_the_user_names_may_be_used(string name, string uri, bool named)
    {
        _host.Write("rl.json", $$"""{ "startFrom": "{{RepoFolder.Root}}/models/micro-agent", "{{name}}": "{{(named ? "verifier" : uri)}}" }""");

        (await _host.RunAsync(["train", "rl", "rl.json", "--dry-run", .. named ? ["--set", $"{name}={uri}"] : Array.Empty<string>()]))
            .ShouldBe(ExitCode.Success, _host.Said);
    }

    [Fact]
    public async Task The_backends_of_a_recipe_are_those_of_the_configuration_file_that_the_user_names()
    {
        _host.Write("rl.json", $$"""{ "startFrom": "{{RepoFolder.Root}}/models/micro-agent", "judge": "openai:x@http://127.0.0.1:9/v1" }""");
        _host.Write("other.json", """{ "Http": { "MaxRetries": -1 } }""");

        (await _host.RunAsync("train", "rl", "rl.json", "--dry-run", "--config", "other.json")).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("MaxRetries");
    }
}
