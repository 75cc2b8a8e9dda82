using System.Text.Json.Nodes;
using GenAgent.Generators.ComfyUI;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Generators.ComfyUI;
/// <summary>What the tests of ComfyUI share: a small workflow, a generator over a false server, and what the server answers.</summary>
internal static class ComfyKit
{
    public const string Workflow = """
        {
          "1": {"class_type": "LoadText", "inputs": {"text": "{{prompt}}, not {{negative_prompt}}", "seed": "{{seed}}", "steps": "{{steps=7}}"}},
          "2": {"class_type": "Latent", "inputs": {"width": "{{width=64}}", "height": "{{height=64}}", "batch": "{{batch=1}}", "guidance": "{{guidance=3.5}}"}},
          "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}}
        }
        """;

    public static IReadOnlyList<SocketFrame> Paint(string id) => [FakeComfy.Executed(id, "9", $"{id}.png"), FakeComfy.Text("execution_success", id)];

    public static string Entry(string id, string entry) => new JsonObject { [id] = JsonNode.Parse(entry) }.ToJsonString();

    public static async Task<bool> AnswerHistoryAsync(HttpContext context, Func<string, string> answer, bool runs = false)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/history/", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync(answer(path["/history/".Length..]));
            return true;
        }

        if (path == "/queue" && context.Request.Method == "GET" && runs)
        {
            await context.Response.WriteAsync("""{"queue_running": [[1, "x", {}]], "queue_pending": [["odd"], 5]}""");
            return true;
        }

        return false;
    }

    public static ComfyUIImageGenerator Generator(FakeComfy comfy, string workflow = Workflow, int retries = 0) =>
        new(Options(comfy, workflow, retries), timeProvider: new ScriptedTime(wait => wait <= TimeSpan.FromSeconds(1)));

    public static ComfyUIOptions Options(FakeComfy comfy, string workflow = Workflow, int retries = 0) => new()
    {
        Endpoint = comfy.Server.Url,
        Workflow = ComfyWorkflow.Parse(workflow, "test"),
        Http = new BackendHttpOptions { MaxRetries = retries, RetryDelay = TimeSpan.FromMilliseconds(10) },
    };
}
