using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Hosting.Configuration;
using GenAgent.Server.Tests.Serving;
using GenAgent.Trajectories;
using Microsoft.AspNetCore.Builder;

namespace GenAgent.Server.Tests.Gateway;

/// <summary>A gateway in this process, and an agent's plain HTTP client for it.</summary>
internal sealed class RunningGateway : RunningApp
{
    private RunningGateway(WebApplication app, string folder, bool ownsFolder)
        : base(app, folder, ownsFolder)
    {
    }

    public static async Task<RunningGateway> StartAsync(
        string upstream, IEnumerable<string>? settings = null, string? folder = null, IReadOnlyDictionary<string, string>? environment = null,
        TimeProvider? time = null)
    {
        var own = folder ?? Directory.CreateTempSubdirectory("genagent-gateway-").FullName;
        var host = HostOfTests.In(own, time: time, environment: environment);
        string[] defaults = ["Server:Urls=http://127.0.0.1:0", "Server:Data=.", $"Gateway:Upstream={upstream}"];
        var app = await GenAgentGateway.CreateAsync(
            host, Settings.Read(host, null, [.. defaults.Concat(settings ?? []).Select(FlagValue.FromSetting)]), cancellationToken: CancellationToken.None);
        await app.StartAsync();
        return new(app, own, ownsFolder: folder is null);
    }

    public static object Text(string role, string text) => new { role, content = text };

    public static object Picture(byte[] image, string text = "Look:") => new
    {
        role = "user",
        content = new object[]
        {
            new { type = "text", text },
            new { type = "image_url", image_url = new { url = $"data:image/png;base64,{Convert.ToBase64String(image)}" } },
        },
    };

    /// <summary>Calls the model as an agent does, and returns what it says.</summary>
    public async Task<string> CallAsync(string rollout, IEnumerable<object> messages, string attempt = "0")
    {
        var answer = await PostAsync($"/rollout/{rollout}/attempt/{attempt}/v1/chat/completions", new { model = "any", messages, temperature = 1.0, seed = 5 });
        return answer["choices"]![0]!["message"]!["content"]!.GetValue<string>();
    }

    public async Task<JsonNode> PostAsync(string address, object body, HttpStatusCode status = HttpStatusCode.OK, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(body) };
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, $"{address}: {text}");
        return JsonNode.Parse(text)!;
    }

    public async Task<JsonNode> GetAsync(string address)
    {
        using var response = await Client.GetAsync(address);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{address}: {text}");
        return JsonNode.Parse(text)!;
    }

    /// <summary>A streamed answer: its events' data.</summary>
    public async Task<List<string>> StreamAsync(string rollout, IEnumerable<object> messages)
    {
        using var response = await Client.PostAsJsonAsync($"/rollout/{rollout}/attempt/0/v1/chat/completions", new { messages, stream = true });
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return
        [
            .. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Where(one => one.StartsWith("data: ", StringComparison.Ordinal)).Select(one => one[6..]),
        ];
    }

    public Task EndAsync(string rollout, object? reward = null, string attempt = "0") => EndAsync(rollout, attempt, reward);

    /// <summary>The trajectories of ended rollouts, from a place on.</summary>
    public async Task<List<Trajectory>> TrajectoriesAsync(long after = 0) =>
        [.. (await Client.GetStringAsync($"/api/trajectories.jsonl?after={after}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => TrajectoryJson.Read(Encoding.UTF8.GetBytes(line)))];

    private async Task EndAsync(string rollout, string attempt, object? reward)
    {
        if (reward is not null) await PostAsync($"/rollout/{rollout}/attempt/{attempt}/reward", reward);
        await PostAsync($"/rollout/{rollout}/attempt/{attempt}/end", new { });
    }
}
