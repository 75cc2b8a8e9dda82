using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Flux;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace GenAgent.Torch.Tests.Backends;

public sealed class QwenBackendsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BackendRegistry _registry;

    public QwenBackendsTests() => _registry = new BackendRegistry(new ConfigurationBuilder().Build()).AddFlux(_folder.File("hub")).AddQwen(_folder.File("hub"));

    public void Dispose() => _folder.Dispose();

    private string Chat(string parameters = "device=cpu&threads=1&memory=0.01")
    {
        var folder = _folder.File("chat");
        if (!Directory.Exists(folder)) TinyQwenFolder.Write(folder);
        return $"{folder}?{parameters}";
    }

    [Fact]
    public async Task A_folder_talks_under_its_own_name()
    {
        using var client = await _registry.CreateChatClientAsync(Chat());

        var response = await client.GetResponseAsync([new(ChatRole.User, "a red circle")], new ChatOptions { MaxOutputTokens = 3 });

        response.GetTokenTrace()!.Ids.Count.ShouldBeGreaterThan(3);
        client.GetService<ChatClientMetadata>()!.DefaultModelId.ShouldBe("chat");
    }

    [Theory]
    [InlineData(0, "0.00 GiB")]
    [InlineData(3, "3.00 GiB")]
    public async Task The_memory_that_a_model_takes_is_said_before_it_is_loaded(int gibibytes, string size)
    {
        Chat();
        if (gibibytes > 0)
        {
            // Half as many fp16 bytes that nobody has written: loading ends with an error, after what is needed was said.
            var header = System.Text.Encoding.UTF8.GetBytes(
                $$$"""{"big": {"dtype": "F16", "shape": [{{{gibibytes << 28}}}], "data_offsets": [0, {{{(long)gibibytes << 29}}}]}}""");
            using var weights = File.Create(Path.Combine(_folder.File("chat"), "model.safetensors"));
            weights.Write(BitConverter.GetBytes((long)header.Length));
            weights.Write(header);
            weights.SetLength(8 + header.Length + ((long)gibibytes << 29));
        }

        var logs = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(logs)));
        var registry = new BackendRegistry(new ConfigurationBuilder().Build(), loggers).AddQwen();
        try
        {
            (await registry.CreateChatClientAsync(Chat())).Dispose();
        }
        catch (WeightMismatchException) when (gibibytes > 0)
        {
            // The tensors are not this model's.
        }

        var said = logs.GetSnapshot().ShouldHaveSingleItem();
        said.Message.ShouldBe($"Loading chat: {size} of memory for its weights, and up to 0.01 GiB for keys and values.");
        (said.Category == ServerNotices.Category).ShouldBe(gibibytes > 0, "every user is told of what is large");
    }

    [Fact]
    public void A_client_that_many_dispose_of_at_once_frees_its_model_once()
    {
        for (var round = 0; round < 10; round++)
        {
            TinyQwenFolder.Write(_folder.File("many"));
            var client = GenAgent.Torch.Chat.TorchChatClient.Load(_folder.File("many"), new GenerationEngineOptions { Threads = 1, CacheBytes = 1 << 20 });

            Should.NotThrow(() => Parallel.For(0, 8, _ => client.Dispose()));
        }
    }

    [Fact]
    public async Task Agent_and_judge_of_one_name_share_one_engine_until_the_last_of_them_is_disposed_of()
    {
        var uri = Chat();
        var clients = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _registry.CreateChatClientAsync(uri).AsTask()));
        var engine = clients[0].GetService<GenerationEngine>()!;
        clients.ShouldAllBe(client => client.GetService<GenerationEngine>() == engine);
        using var other = await _registry.CreateChatClientAsync(Chat("device=cpu&threads=1&memory=0.02"));
        other.GetService<GenerationEngine>().ShouldNotBe(engine);

        clients[0].Dispose();
        clients[0].Dispose();
        clients[1].Dispose();
        (await clients[2].GetResponseAsync([new(ChatRole.User, "a")], new ChatOptions { MaxOutputTokens = 1 })).Messages.ShouldHaveSingleItem();
        clients[2].Dispose();

        await Should.ThrowAsync<ObjectDisposedException>(
            () => engine.GenerateAsync(new GenerationRequest([1, 2, 3], [], new SamplingOptions { MaxTokens = 1 })));
        using var anew = await _registry.CreateChatClientAsync(uri);
        anew.GetService<GenerationEngine>().ShouldNotBe(engine);
    }

    [Fact]
    public async Task The_whole_agent_runs_on_a_folder_named_on_the_command_line()
    {
        using var painter = new TinyFluxFolder();
        using var client = await _registry.CreateChatClientAsync(Chat());
        using var generator = await _registry.CreateImageGeneratorAsync($"{painter.Path}?device=cpu&tokens=6");
        var agent = new ImageAgent(client, generator, new ImageAgentOptions { MaxTurnTokens = 16, Faults = new FaultLimits { BrokenTurns = 1 } });

        var result = await agent.RolloutAsync(new AgentRequest("a red circle"));

        // An untrained model speaks no protocol: what counts is that its turns are heard, and told what is wrong with them.
        result.StopReason.ShouldBe(StopReason.BrokenTurns, result.Error?.Message);
        result.Trajectory.Rounds.Count.ShouldBe(2);
        result.Trajectory.Model.Name.ShouldBe("chat");
    }

    [Fact]
    public async Task A_model_of_the_hub_is_found_in_the_cache_and_keeps_its_name()
    {
        var revision = new string('a', 40);
        var model = _folder.File(Path.Combine("hub", "models--ORG--NAME"));
        TinyQwenFolder.Write(Path.Combine(model, "snapshots", revision));
        Directory.CreateDirectory(Path.Combine(model, "refs"));
        File.WriteAllText(Path.Combine(model, "refs", "main"), revision);

        using var client = await _registry.CreateChatClientAsync("hf:ORG/NAME?device=cpu&threads=1&memory=0.01");

        client.GetService<ChatClientMetadata>()!.DefaultModelId.ShouldBe("ORG/NAME");
        (await Fault("hf:ORG/OTHER")).ShouldContain("genagent models pull hf:ORG/OTHER");
    }

    [Fact]
    public async Task One_of_several_models_of_a_repository_is_named_by_its_folder_and_known_by_it()
    {
        var revision = new string('a', 40);
        var model = _folder.File(Path.Combine("hub", "models--fengyao123--genagent"));
        TinyQwenFolder.Write(Path.Combine(model, "snapshots", revision, "v2"));
        Directory.CreateDirectory(Path.Combine(model, "refs"));
        File.WriteAllText(Path.Combine(model, "refs", "main"), revision);

        using var painter = new TinyFluxFolder();
        using var client = await _registry.CreateChatClientAsync("hf:fengyao123/genagent?folder=v2&device=cpu&threads=1&memory=0.01");
        using var generator = await _registry.CreateImageGeneratorAsync($"{painter.Path}?device=cpu&tokens=6");

        client.GetService<ChatClientMetadata>()!.DefaultModelId.ShouldBe("fengyao123/genagent/v2");
        new ImageAgent(client, generator).Options.Dialect.ShouldBe("genagent-v2");
        (await Fault("hf:fengyao123/genagent?folder=v3")).ShouldContain("holds no folder v3. It holds: v2.");
        (await Fault("hf:fengyao123/genagent?folder=../..")).ShouldContain("holds no folder");
    }

    [Fact]
    public async Task A_folder_of_another_kind_is_named_with_what_to_do_instead()
    {
        (await Fault(_folder.File("nowhere"))).ShouldContain($"there is no folder {_folder.File("nowhere")}");
        (await Fault(_folder.Path)).ShouldContain("holds no config.json");

        File.WriteAllText(_folder.File("config.json"), """{"model_type": "llama"}""");
        (await Fault(_folder.Path)).ShouldContain("says \"model_type\": \"llama\". Only qwen2_5_vl runs in this process");
        File.WriteAllText(_folder.File("config.json"), "[");
        (await Should.ThrowAsync<BackendUriException>(async () => await _registry.CreateChatClientAsync(_folder.Path))).Message.ShouldContain("config.json");

        using var painter = new TinyFluxFolder();
        File.WriteAllText(Path.Combine(painter.Path, "model_index.json"), """{"_class_name": "FluxPipeline"}""");
        (await Fault(painter.Path)).ShouldContain("it is an image generator, not a chat model");
        (await Should.ThrowAsync<BackendUriException>(async () => await _registry.CreateImageGeneratorAsync(Chat("steps=1")))).Message.ShouldContain(
            "it is a chat model, not an image generator");
    }

    [Theory]
    [InlineData("dtype=int8", "use float32, bfloat16 or float16")]
    [InlineData("device=warp", "device=warp is not known")]
    [InlineData("memory=lots", "memory=lots is not a number")]
    [InlineData("batch=0", "MaxConcurrentRequests is 0, but must be 1 or more")]
    [InlineData("heat=1", "parameter \"heat\" is unknown. Known: device, dtype, memory, batch, threads")]
    public async Task A_wrong_parameter_is_refused_by_name(string parameters, string why) => (await Fault(Chat(parameters))).ShouldContain(why);

    [Fact]
    public async Task A_model_that_does_not_load_says_so_every_time_and_leaves_nothing_behind()
    {
        var uri = Chat();
        var weights = _folder.File(Path.Combine("chat", "model.safetensors"));
        var whole = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, whole[..100]);
        for (var i = 0; i < 2; i++) await Should.ThrowAsync<SafetensorsException>(async () => await _registry.CreateChatClientAsync(uri));

        File.WriteAllBytes(weights, whole);
        using var mended = await _registry.CreateChatClientAsync(uri);
        mended.GetService<GenerationEngine>().ShouldNotBeNull();
    }

    [Fact]
    public async Task The_folder_of_an_adapter_is_the_adapter_on_the_model_that_it_names_and_a_parameter_puts_it_on_another()
    {
        var uri = Chat();
        var adapter = _folder.File("adapter");
        using (var model = Qwen25VLCheckpoint.Load(_folder.File("chat")))
        using (var lora = LoraAdapter.Create(model, new LoraOptions { Rank = 2, Alpha = 64, BaseModel = _folder.File("chat") }, seed: 1))
        {
            using var noGradients = TorchSharp.torch.no_grad();
            foreach (var (name, parameter) in lora.Parameters)
            {
                if (name.Contains("lora_B", StringComparison.Ordinal)) parameter.normal_(0, 3);
            }

            lora.Save(adapter);
        }

        const string Parameters = "device=cpu&threads=1&memory=0.01";
        var plain = await Say(uri);
        var alone = await Say($"{adapter}?{Parameters}");
        alone.ShouldNotBe(plain);
        (await Say($"{_folder.File("chat")}?{Parameters}&adapter={adapter}")).ShouldBe(alone);

        Edit(adapter, "../chat");
        (await Say($"{adapter}?{Parameters}")).ShouldBe(alone, "a name that is relative to the adapter's folder");
        Edit(adapter, "ORG/NAME");
        (await Fault(adapter)).ShouldContain(
            "the adapter is for \"ORG/NAME\", which is neither a folder here nor in the hub's cache. Pull it (genagent models pull hf:ORG/NAME)");
        Edit(adapter, null);
        (await Fault(adapter)).ShouldContain("does not name the model that it is for");
        (await Fault($"{_folder.File("chat")}?adapter={_folder.File("hub")}")).ShouldContain("holds no adapter_config.json");

        async Task<string> Say(string name)
        {
            using var client = await _registry.CreateChatClientAsync(name);
            var response = await client.GetResponseAsync([new(ChatRole.User, "a red circle")], new ChatOptions { MaxOutputTokens = 12, Temperature = 0 });
            return string.Join(' ', response.GetTokenTrace()!.Ids);
        }

        static void Edit(string folder, string? origin)
        {
            var file = Path.Combine(folder, LoraOptions.FileName);
            var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!;
            json["base_model_name_or_path"] = origin;
            File.WriteAllText(file, json.ToJsonString());
        }
    }

    private async Task<string> Fault(string uri) =>
        (await Should.ThrowAsync<BackendUriException>(async () => await _registry.CreateChatClientAsync(uri))).Message;
}
