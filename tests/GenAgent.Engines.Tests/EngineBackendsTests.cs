using GenAgent.EngineStubs;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Engines.Tests;

public sealed class EngineBackendsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StubEngine.Vllm)]
    [InlineData(StubEngine.Sglang)]
    public async Task A_URI_names_engine_model_replicas_tokenizer_and_key(StubEngine engine)
    {
        await using var there = await TestEngine.StartAsync(engine, stub => stub with { ApiKey = "k1" }, replicas: 2);
        var addresses = string.Join(',', there.Servers.Select(server => server.Address.AbsoluteUri.TrimEnd('/')));
        var scheme = engine == StubEngine.Vllm ? "vllm" : "sglang";

        using var client = await Registry("k1").CreateChatClientAsync($"{scheme}:policy@{addresses}?tokenizer={TestEngine.Folder}&plain=true", Cancelled);
        var response = await client.GetResponseAsync(TestEngine.Hello(), new ChatOptions { Temperature = 0, MaxOutputTokens = 4 }, Cancelled);

        response.GetTokenTrace()!.Turns.ShouldHaveSingleItem();
        client.GetService<ChatClientMetadata>()!.ProviderName.ShouldBe(scheme);
        client.GetService<ChatClientMetadata>()!.DefaultModelId.ShouldBe("policy");
        client.GetService<EngineChatClient>()!.Pool.Replicas.Count.ShouldBe(2);
        client.GetService<Agents.AgentProfile>().ShouldNotBeNull("the folder's agent.json says how the model was trained");
    }

    [Fact]
    public async Task The_folder_of_the_models_own_name_is_found_without_saying_so()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Vllm, stub => stub with { ModelName = TestEngine.Folder });

        using var client = await Registry().CreateChatClientAsync($"vllm:{TestEngine.Folder}@{there.Server.Address}", Cancelled);

        (await client.GetResponseAsync(TestEngine.Hello(), cancellationToken: Cancelled)).GetTokenTrace().ShouldNotBeNull();
    }

    [Theory]
    [InlineData("vllm:policy", "needs \"@\" and an address")]
    [InlineData("vllm:policy@http://a:8000/v1?tokenizer=FOLDER", "Leave \"/v1\" out")]
    [InlineData("vllm:policy@http://a:8000", "?tokenizer=FOLDER")]
    [InlineData("vllm:policy@http://a:8000,http://a:8000?tokenizer=FOLDER", "each once")]
    [InlineData("vllm:policy@http://a:8000?tokenizer=FOLDER&images=never", "once or always")]
    [InlineData("sglang:policy@http://a:8000?images=once", "parameter \"images\" is unknown")]
    [InlineData("vllm:policy@http://a:8000?tokenizer=./nowhere", "there is no folder")]
    [InlineData("openai:m@http://a:8000/v1,http://b:8000/v1", "takes one address")]
    public async Task A_URI_that_cannot_be_right_is_refused_with_what_to_do(string uri, string message)
    {
        var named = uri.Replace("FOLDER", TestEngine.Folder, StringComparison.Ordinal);
        var wrong = await Should.ThrowAsync<BackendUriException>(async () => await Registry().AddServers().CreateChatClientAsync(named, Cancelled));

        wrong.Message.ShouldContain(message);
    }

    [Fact]
    public async Task A_trial_finds_a_replica_that_serves_another_model_and_says_what_the_others_report()
    {
        await using var sound = await TestEngine.StartAsync(StubEngine.Vllm, stub => stub with { Version = "9" });
        await using var other = await TestEngine.StartAsync(StubEngine.Vllm, stub => stub with { ModelName = "other" });
        using var client = new EngineChatClient(TestEngine.OptionsOf(StubEngine.Vllm, [sound.Server.Address, other.Server.Address]));

        var reports = await client.CheckAsync(Cancelled);

        reports[0].ToString().ShouldBe($"{sound.Server.Address.AbsoluteUri.TrimEnd('/')}: weights 9, log-probabilities at temperature 1");
        reports[1].Fault!.ShouldContain("The model `policy` does not exist.");
    }

    private static BackendRegistry Registry(string? secret = null)
    {
        var settings = new Dictionary<string, string?> { ["Secrets:127.0.0.1"] = secret };
        return new BackendRegistry(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), baseFolder: Path.GetTempPath()).AddQwen().AddEngines();
    }
}
