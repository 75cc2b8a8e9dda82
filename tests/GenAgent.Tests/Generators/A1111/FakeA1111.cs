using System.Text.Json.Nodes;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Generators.A1111;

/// <summary>
/// stable-diffusion-webui's queue, after its public source: one job runs, the others wait, hanging up takes none out, interrupt stops whatever runs.
/// A job ends when the test says so, or when it is interrupted.
/// </summary>
internal sealed class FakeA1111 : IAsyncDisposable
{
    private readonly List<Job> _jobs = [];
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeA1111()
    {
    }

    public LoopbackServer Server { get; private set; } = null!;

    /// <summary>Whether it takes ids and tells of them at /internal/progress, as a server with its page does.</summary>
    public bool TellsTasks { get; init; } = true;

    /// <summary>Whether it has the calls progress and interrupt at all; sd-server has not.</summary>
    public bool TellsProgress { get; init; } = true;

    /// <summary>What other clients do at the moment in which our request arrives, before it is queued.</summary>
    public Action<FakeA1111>? BeforeOurs { get; init; }

    /// <summary>Done when our request has been queued.</summary>
    public Task Arrived => _arrived.Task;

    /// <summary>The names of the jobs that were interrupted.</summary>
    public List<string> Interrupted { get; } = [];

    public static async Task<FakeA1111> StartAsync(FakeA1111? server = null)
    {
        server ??= new FakeA1111();
        server.Server = await LoopbackServer.StartAsync(server.AnswerAsync);
        return server;
    }

    public static FakeA1111 Old(Action<FakeA1111>? beforeOurs = null) => new() { TellsTasks = false, BeforeOurs = beforeOurs };

    public static FakeA1111 New(Action<FakeA1111>? beforeOurs = null) => new() { BeforeOurs = beforeOurs };

    public static FakeA1111 SdServer() => new() { TellsTasks = false, TellsProgress = false };

    /// <summary>Another client's job begins, or waits for its turn.</summary>
    public void AddForeign(string name, string? task = null)
    {
        lock (_jobs)
        {
            _jobs.Add(new Job(name, task ?? "task(txt2img-foreign)"));
        }
    }

    /// <summary>The job that runs, if any, is done.</summary>
    public void EndRunning()
    {
        lock (_jobs)
        {
            if (_jobs.Count > 0)
            {
                _jobs[0].End();
                _jobs.RemoveAt(0);
            }
        }
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var known = path.StartsWith("/internal/", StringComparison.Ordinal) ? TellsTasks
            : TellsProgress || path.EndsWith("2img", StringComparison.Ordinal);
        if (!known)
        {
            context.Response.StatusCode = 404;
            return;
        }

        var body = context.Request.Method == "POST" && context.Request.ContentLength > 0 ? await JsonNode.ParseAsync(context.Request.Body) : null;
        if (path.EndsWith("2img", StringComparison.Ordinal))
        {
            await PaintAsync(context, body!["force_task_id"]!.GetValue<string>());
            return;
        }

        await context.Response.WriteAsync(path switch
        {
            "/internal/progress" => TaskProgress(body!["id_task"]!.GetValue<string>()),
            "/sdapi/v1/progress" => Progress(),
            "/sdapi/v1/interrupt" => Interrupt(),
            _ => throw new InvalidOperationException($"Nobody should call {path}."),
        });
    }

    private async Task PaintAsync(HttpContext context, string task)
    {
        BeforeOurs?.Invoke(this);
        var job = new Job("scripts_txt2img", task);
        lock (_jobs)
        {
            _jobs.Add(job);
        }

        _arrived.TrySetResult();
        await Until.EndsAsync(job.Ended.WaitAsync(context.RequestAborted), $"job {task} is ended");
        await context.Response.WriteAsync(
            new JsonObject { ["images"] = new JsonArray(Convert.ToBase64String(TestImages.Png().Data.Span)), ["info"] = "" }.ToJsonString());
    }

    private string TaskProgress(string task)
    {
        lock (_jobs)
        {
            var at = _jobs.FindIndex(job => job.Task == task);
            return new JsonObject
            {
                ["active"] = at == 0,
                ["queued"] = at > 0,
                ["completed"] = false,
                ["id_live_preview"] = -1,
                ["textinfo"] = "Waiting..."
            }.ToJsonString();
        }
    }

    private string Progress()
    {
        lock (_jobs)
        {
            var running = _jobs.FirstOrDefault();
            return new JsonObject
            {
                ["progress"] = running is null ? 0 : 0.5,
                ["state"] = new JsonObject
                {
                    ["job"] = running?.Name ?? "",
                    ["job_count"] = running is null ? 0 : -1,
                    ["sampling_step"] = 1,
                    ["sampling_steps"] = 2
                },
            }.ToJsonString();
        }
    }

    private string Interrupt()
    {
        lock (_jobs)
        {
            if (_jobs.Count > 0)
            {
                Interrupted.Add(_jobs[0].Task);
                EndRunning();
            }
        }

        return "{}";
    }

    private sealed record Job(string Name, string Task)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void End() => _ended.TrySetResult();
    }
}
