using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GenAgent.EngineStubs;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server;
using GenAgent.Server.Gateway;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Tests.Sft;
using Microsoft.AspNetCore.Builder;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>An agent that is nothing but an HTTP client plays through the gateway, with the policy behind it: what was recorded is what is trained.</summary>
public sealed class RecordedRolloutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Policy _policy;

    public RecordedRolloutTests() => _policy = TinyPolicy.Create(_folder.Path, maxTurnTokens: 12);

    public void Dispose()
    {
        _policy.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("tiny", false)]
    [InlineData("tiny", true)]
    [InlineData("vllm", false)]
    public async Task A_recorded_rollout_has_the_features_of_its_pads_and_the_log_probabilities_of_the_policy(string upstream, bool streams)
    {
        await _policy.UpdateModelAsync(0);
        var model = Path.Combine(_folder.Path, "start");
        await using var stub = upstream is "vllm" ? await StubServer.StartAsync(new(StubEngine.Vllm, model) { Version = "0" }) : null;
        var uri = stub is null ? upstream : $"vllm:policy@{stub.Address.GetLeftPart(UriPartial.Authority)}?tokenizer={model}";
        await using (var gateway = await StartAsync(uri)) await PlayAsync(gateway, streams);

        List<Rollout> rollouts = [];
        await foreach (var one in RecordedRollouts.ReadAsync(
            new(Path.Combine(_folder.Path, "data", "gateway")), TestContext.Current.CancellationToken)) rollouts.Add(one);
        var rollout = rollouts.ShouldHaveSingleItem();
        (rollout.Failure, rollout.Reward).ShouldBe((null, 0.7));
        rollout.Images.Select(image => image.Data.ToArray()).ShouldBe([.. Enumerable.Repeat(TinyPolicy.Picture, 5)]);
        var trace = rollout.Trajectory.Trace.ShouldNotBeNull();
        trace.Turns.Count.ShouldBe(3);
        trace.Turns.ShouldAllBe(turn => turn.PolicyVersion == "0");

        var (pad, end) = (_policy.Model.Config.ImageTokenId, ((ITokenizer)_policy.Tokenizer).IdOf(QwenChatTemplate.TurnEnd));
        var encoded = EncodedRollout.From(rollout, 1, _policy.Processor, pad, end, out var reason).ShouldNotBeNull(reason);
        encoded.Sequence.Ids.ShouldBe(trace.Ids);
        var features = encoded.Sequence.Images.Sum(image => image.Grid.Features(_policy.Processor.Options.MergeSize));
        encoded.Sequence.Ids.Count(id => id == pad).ShouldBe(features);
        encoded.Sequence.Images.Count.ShouldBe(5);

        var metrics = new MetricSums();
        using (NewDisposeScope())
        {
            new PolicyObjective(_policy, new GrpoOptions(), reference: null).Loss(new Pack([encoded], 0), 1, encoded.LearnedCount, metrics).backward();
            _policy.Model.parameters().Any(parameter => parameter.grad is { } grad && grad.abs().sum().item<float>() > 0).ShouldBeTrue("nothing is learned");
        }

        metrics.TakeMeans()["policy/mismatch_max"].ShouldBeLessThan(1e-4);
    }

    // Two images in the first turn of the user, two after the first answer, and one after the second.
    private static async Task PlayAsync(WebApplication gateway, bool streams)
    {
        using var client = new HttpClient { BaseAddress = new($"{gateway.Urls.First()}/rollout/r/attempt/0/") };
        object picture = new { type = "image_url", image_url = new { url = $"data:image/png;base64,{Convert.ToBase64String(TinyPolicy.Picture)}" } };
        List<object> messages =
        [
            new { role = "system", content = SquaresSource.System },
            new { role = "user", content = new[] { picture, new { type = "text", text = "Paint." }, picture } },
        ];
        for (var turn = 0; turn < 3; turn++)
        {
            using var response = await client.PostAsJsonAsync("v1/chat/completions", new { messages, seed = turn + 1, temperature = 1.0, stream = streams });
            var text = await response.Content.ReadAsStringAsync();
            response.IsSuccessStatusCode.ShouldBeTrue(text);
            messages.Add(new { role = "assistant", content = streams ? Joined(text) : (string)JsonNode.Parse(text)!["choices"]![0]!["message"]!["content"]! });
            object[] look = [new { type = "text", text = "Look:" }, picture];
            messages.Add(new { role = "user", content = turn == 0 ? [.. look, picture] : look });
        }

        (await client.PostAsJsonAsync("reward", new { value = 0.7 })).EnsureSuccessStatusCode();
        (await client.PostAsJsonAsync("end", new { })).EnsureSuccessStatusCode();
    }

    private static string Joined(string events) => string.Concat(events.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(one => one.StartsWith("data: {", StringComparison.Ordinal))
        .Select(one => (string?)JsonNode.Parse(one[6..])!["choices"]![0]!["delta"]!["content"]));

    private async Task<WebApplication> StartAsync(string upstream)
    {
        var host = new Host
        {
            WorkingFolder = _folder.Path,
            Environment = new Dictionary<string, string>(),
            Time = TimeProvider.System,
            FreshSeed = () => 1,
            AddBackends = registry => registry.AddChatClient(
                new("tiny", BackendForm.NameOnly, "tiny", "the policy"), (_, _) => new(_policy.Client)),
        };
        string[] options = ["Server:Urls=http://127.0.0.1:0", "Server:Data=data", $"Gateway:Upstream={upstream}"];
        var app = await GenAgentGateway.CreateAsync(
            host, Settings.Read(host, null, [.. options.Select(FlagValue.FromSetting)]), cancellationToken: TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private sealed class Host : HostEnvironment
    {
        public override IReadOnlyDictionary<string, Type> Sections { get; } = new Dictionary<string, Type>(OptionSections.All, StringComparer.OrdinalIgnoreCase)
        {
            [ServerOptions.SectionName] = typeof(ServerOptions), [GatewayOptions.SectionName] = typeof(GatewayOptions),
        };
    }
}
