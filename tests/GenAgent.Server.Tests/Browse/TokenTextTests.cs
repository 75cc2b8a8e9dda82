using GenAgent.Hosting.Composition;
using GenAgent.Server.Tests.Serving;
using GenAgent.Torch.Tokenizers;
using GenAgent.Trajectories;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Server.Tests.Browse;

/// <summary>The texts of sampled tokens, which trajectories do not hold.</summary>
public sealed class TokenTextTests
{
    private const string Turn = "<think>zwei Kreise: ○○ 🎨</think>\n<answer>image 1</answer>";

    private static string Model { get; } = Path.Combine(RepoFolder.Root, "models", "micro-agent");

    [Fact]
    public async Task Each_token_has_its_text_where_a_model_here_has_the_ids_and_ids_alone_where_none_has()
    {
        var tokenizer = TokenizerLoader.Load(Model);
        var ids = tokenizer.Encode(Turn);
        using var own = new TemporaryFolder();
        var folder = own.Path;
        await WriteAsync(folder, Of("known", ids), Of("foreign", [.. ids.Select(id => id + 1)]));
        await using var server = await RunningServer.StartAsync([$"Server:Browse={folder}", $"Backends:Agent={Model}"], readOnly: true);

        var tokens = (await server.GetAsync("/api/trajectories/known")).GetProperty("turns")[0].GetProperty("tokens");
        var others = (await server.GetAsync("/api/trajectories/foreign")).GetProperty("turns")[0].GetProperty("tokens");

        var texts = tokens.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!).ToList();
        texts.Count.ShouldBe(ids.Count);
        string.Concat(texts).ShouldBe(Turn);
        texts.ShouldAllBe(text => !text.Contains('\uFFFD', StringComparison.Ordinal));
        others.GetProperty("texts").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        others.GetProperty("ids").GetArrayLength().ShouldBe(ids.Count);
    }

    [Fact]
    public void A_model_behind_an_engine_has_the_tokenizer_of_the_folder_that_the_engine_names_as_the_engines_client_finds_it()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["agents"]);
        Directory.CreateSymbolicLink(folder["agents/small"], Model);
        var decoder = new TokenDecoder(() => BackendComposition.Create(HostOfTests.In(folder.Path), new ConfigurationBuilder().Build(), loggerFactory: null));
        var ids = TokenizerLoader.Load(Model).Encode(Turn);

        string.Concat(decoder.Decode(["vllm:agents/small@http://127.0.0.1:9"], ids, Turn).ShouldNotBeNull()).ShouldBe(Turn);
        decoder.Decode(["vllm:agents/other@http://127.0.0.1:9"], ids, Turn).ShouldBeNull();
    }

    private static Trajectory Of(string id, List<int> ids) => new()
    {
        Id = id,
        Prompt = "two red circles",
        StartedAt = DateTimeOffset.UnixEpoch,
        Model = new("m"),
        Generator = new("g"),
        RootSeed = 1,
        Instructions = "i",
        Opening = "o",
        Rounds = [new(0, Turn)],
        StopReason = StopReason.Declined,
        Trace = new(ids, [.. ids.Select(_ => -0.1f)], [.. ids.Select(_ => true)]) { Turns = [new(0, ids.Count)] },
    };

    private static async Task WriteAsync(string folder, params Trajectory[] all)
    {
        await using var file = File.Create(Path.Combine(folder, TrajectoryFolder.FileName));
        foreach (var one in all)
        {
            await file.WriteAsync(TrajectoryJson.Write(one));
            file.WriteByte((byte)'\n');
        }
    }
}
