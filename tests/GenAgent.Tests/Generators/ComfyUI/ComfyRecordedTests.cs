using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Generators.ComfyUI;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>A real ComfyUI's jobs, played again as recorded: the images come out, the progress is told, the request is the one that was sent.</summary>
public class ComfyRecordedTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, RecordedJob>> Recorded = new(() =>
        Recording.Files("comfyui").SelectMany(RecordedJob.Read).ToDictionary(job => job.Name, StringComparer.Ordinal));

    private static readonly Lazy<IReadOnlyDictionary<string, Exchange>> Refused = new(() => Recording.Exchanges("comfyui")
        .Where(exchange => exchange.Path == "/prompt" && exchange.Method == "POST" && exchange.Status != 200)
        .ToDictionary(exchange => exchange.Name, StringComparer.Ordinal));

    public static TheoryData<string, bool> Jobs()
    {
        (Recorded.Value.Count > 10 || !Recording.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        return Twice(Recorded.Value.Where(job => job.Value is { End.IsSuccess: true, LosesSocket: false }).Select(job => job.Key));
    }

    public static TheoryData<string, bool> JobsWithoutImages() =>
        Twice(Recorded.Value.Where(job => job.Value is { End.IsSuccess: false, LosesSocket: false }).Select(job => job.Key));

    public static TheoryData<string> JobsThatLoseTheSocket() =>
        [.. Recorded.Value.Where(job => job.Value.LosesSocket).Select(job => job.Key).DefaultIfEmpty(string.Empty)];

    public static TheoryData<string> Refusals()
    {
        (Refused.Value.Count > 10 || !Recording.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        return [.. Refused.Value.Keys.DefaultIfEmpty(string.Empty)];
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_recorded_job_gives_its_images_also_when_its_frames_come_before_its_answer(string name, bool framesFirst)
    {
        if (!Recorded.Value.TryGetValue(name, out var job))
        {
            return;
        }

        Assert.SkipUnless(job.TellsImages, "no image of the job was recorded");
        await using var comfy = await new FakeComfy
        {
            FramesFirst = framesFirst,
            NameJob = _ => job.PromptId,
            Frames = _ => job.Frames,
            AnswerPrompt = (context, _) => job.Post.AnswerAsync(context),
            Route = context => AnswerViewAsync(context, job),
        }.StartAsync();
        using var generator = Generator(comfy, job.Workflow.ToJsonString());
        var progress = new SeenProgress();

        var response = await generator.GenerateAsync(new ImageGenerationRequest("any"), new ImageGenerationOptions().WithProgress(progress));

        // All the images of one node: of the only one that made any, wherever there is only one.
        var byNode = job.WrittenImages().Select(files => files.Select(file => job.View(file) ?? TestImages.Png().Data.ToArray()).ToArray()).ToList();
        if (job.SentImages() is { Count: > 0 } sentImages) byNode.Add([.. sentImages]);
        var made = response.Contents.Cast<DataContent>().Select(image => Convert.ToHexString(image.Data.Span)).ToArray();
        byNode.Select(node => string.Join(' ', node.Select(Convert.ToHexString))).ShouldContain(string.Join(' ', made));

        var sent = JsonNode.Parse(comfy.Seen("POST", "/prompt").ShouldHaveSingleItem().Text)!;
        JsonNode.DeepEquals(sent["prompt"], job.Workflow).ShouldBeTrue();
        comfy.Sent.First().ShouldBe($"open ?clientId={sent["client_id"]!.GetValue<string>()}");
        CheckProgress(progress, job);
        comfy.Seen("POST", "/queue").ShouldBeEmpty("a finished job needs no cleaning up");
    }

    [Theory]
    [MemberData(nameof(JobsWithoutImages))]
    public async Task A_recorded_job_that_fails_or_is_interrupted_ends_at_once_with_what_the_server_said(string name, bool framesFirst)
    {
        if (!Recorded.Value.TryGetValue(name, out var job))
        {
            return;
        }

        await using var comfy = await new FakeComfy
        {
            FramesFirst = framesFirst,
            NameJob = _ => job.PromptId,
            Frames = _ => job.Frames,
            AnswerPrompt = (context, _) => job.Post.AnswerAsync(context),
        }.StartAsync();
        using var generator = Generator(comfy, job.Workflow.ToJsonString());

        CheckFault(await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("any")), job.End, job.Name);

        comfy.Seen("POST", "/queue").ShouldBeEmpty("an ended job needs no cleaning up");
        comfy.Seen("POST", "/interrupt").ShouldBeEmpty("the server works for others by now");
        comfy.Seen("GET", "/history").ShouldBeEmpty("the socket has told the end");
    }

    [Theory]
    [MemberData(nameof(JobsThatLoseTheSocket))]
    public async Task A_recorded_job_whose_socket_breaks_is_followed_to_its_end_in_the_history(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var job) || job.History is not { } history)
        {
            return;
        }

        // Answers as recorded, in their order: those of a job that runs are empty.
        var answers = new Queue<Exchange>(job.Others.Where(exchange => exchange.Path == history.Path));
        await using var comfy = await new FakeComfy
        {
            ClosesAfterFrames = true,
            NameJob = _ => job.PromptId,
            Frames = _ => job.Frames,
            AnswerPrompt = (context, _) => job.Post.AnswerAsync(context),
            Route = async context =>
            {
                if (context.Request.Path.Value == "/queue")
                {
                    await context.Response.WriteAsync($$"""{"queue_running": [[1, "{{job.PromptId}}", {}, {}, []]], "queue_pending": []}""");
                    return true;
                }

                if (context.Request.Path.Value != history.Path) return await AnswerViewAsync(context, job);
                await (answers.TryDequeue(out var answer) ? answer : history).AnswerAsync(context);
                return true;
            },
        }.StartAsync();
        using var generator = Generator(comfy, job.Workflow.ToJsonString());

        if (!job.End.IsSuccess)
        {
            CheckFault(await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("any")),
                RecordedEnd.OfHistory(history, job.PromptId)!, name);
            return;
        }

        Assert.SkipUnless(job.TellsImages, "no image of the job was recorded");

        var response = await generator.GenerateImagesAsync("any");

        var made = response.Contents.Cast<DataContent>().Select(image => Convert.ToHexString(image.Data.Span)).ToArray();
        job.WrittenImages().Select(files => string.Join(' ', files.Select(file => Convert.ToHexString(job.View(file) ?? TestImages.Png().Data.ToArray()))))
            .ShouldContain(string.Join(' ', made));
    }

    [Fact]
    public async Task A_recorded_history_tells_how_a_job_without_images_ended()
    {
        await TestKit.Golden.Recorded.EachAsync(Recorded.Value.Values.Where(job => !job.End.IsSuccess && job.History is not null), async job =>
        {
            await using var comfy = await new FakeComfy
            {
                HasSocket = false,
                AnswerPrompt = (context, _) => job.Post.AnswerAsync(context),
                Route = async context =>
                {
                    if (context.Request.Path.Value != job.History!.Path) return false;
                    await job.History.AnswerAsync(context);
                    return true;
                },
            }.StartAsync();
            using var generator = Generator(comfy, job.Workflow.ToJsonString());

            var end = RecordedEnd.OfHistory(job.History!, job.PromptId)!;
            CheckFault(await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("any")), end, job.Name);
        });
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refused_workflow_is_told_with_the_node_and_what_is_wrong_with_it(string name)
    {
        if (!Refused.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        await using var comfy = await new FakeComfy { AnswerPrompt = (context, _) => exchange.AnswerAsync(context) }.StartAsync();
        using var generator = Generator(comfy, """{"1": {"class_type": "EmptyImage", "inputs": {}}}""");

        var exception = await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("any"));

        if (exchange.Status >= 500)
        {
            exception.ShouldBeOfType<BackendUnavailableException>();
            return;
        }

        exception.ShouldBeOfType<BackendRejectedException>();
        var body = JsonNode.Parse(exchange.Body)!;
        exception.Code.ShouldBe(body["error"]!["type"]!.GetValue<string>());
        exception.Message.ShouldContain(body["error"]!["message"]!.GetValue<string>());
        foreach (var (node, errors) in body["node_errors"] as JsonObject ?? [])
        {
            exception.Message.ShouldContain($"node {node} ({errors!["class_type"]!.GetValue<string>()})");
            foreach (var error in errors["errors"]!.AsArray())
            {
                exception.Message.ShouldContain(error!["details"]!.GetValue<string>());
            }
        }
    }

    [Fact]
    public async Task A_recorded_history_gives_the_images_when_the_socket_tells_nothing()
    {
        await TestKit.Golden.Recorded.EachAsync(Recorded.Value.Values.Where(job => job.End.IsSuccess), async job =>
        {
            var history = job.Others.FirstOrDefault(
                exchange => exchange.Path == $"/history/{job.PromptId}" && exchange.BodyText.Contains("outputs", StringComparison.Ordinal));
            Assert.SkipWhen(history is null || !job.TellsImages, "the job's history or its images were not recorded");
            await using var comfy = await new FakeComfy
            {
                HasSocket = false,
                AnswerPrompt = (context, _) => job.Post.AnswerAsync(context),
                Route = async context =>
                {
                    if (context.Request.Path.Value == history.Path)
                    {
                        await history.AnswerAsync(context);
                        return true;
                    }

                    return await AnswerViewAsync(context, job);
                },
            }.StartAsync();
            using var generator = Generator(comfy, job.Workflow.ToJsonString());

            var response = await generator.GenerateImagesAsync("any");

            job.WrittenImages().Select(files => files.Length).ShouldContain(response.Contents.Count, job.Name);
        });
    }

    private static void CheckFault(BackendException exception, RecordedEnd end, string name)
    {
        if (!end.IsError)
        {
            exception.ShouldBeOfType<BackendUnavailableException>().Message.ShouldContain("interrupted", Case.Sensitive, name);
            return;
        }

        string? Told(string member) => end.Told[member] switch
        {
            JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 0 ? text : null,
            var other => other?.ToJsonString(),
        };
        exception.Code.ShouldBe(Told("exception_type"), name);
        var isMemory = Told("exception_type")?.Contains("OutOfMemory", StringComparison.Ordinal) == true;
        exception.GetType().ShouldBe(isMemory ? typeof(BackendUnavailableException) : typeof(BackendRejectedException), name);
        exception.Message.ShouldContain($"node {Told("node_id")}{(string.IsNullOrEmpty(Told("node_type")) ? "" : $" ({Told("node_type")})")}");
        exception.Message.ShouldContain(Told("exception_message")?.Trim() ?? string.Empty);
        exception.Message.ShouldNotContain(": : ");
    }

    // Each name with frames after the answer and before it; one empty name where nothing of the kind is recorded, since a theory needs a row.
    private static TheoryData<string, bool> Twice(IEnumerable<string> names) =>
        [.. names.DefaultIfEmpty(string.Empty).SelectMany(name => new (string, bool)[] { (name, false), (name, true) })];

    private static void CheckProgress(SeenProgress progress, RecordedJob job)
    {
        progress.Reports.Select(report => report.Fraction).ShouldBe(progress.Reports.Select(report => report.Fraction).Order());
        progress.Reports.ShouldAllBe(report => report.Fraction >= 0 && report.Fraction < 1);
        var steps = job.Frames.Where(frame => frame.Is("progress", job.PromptId) && frame.Json!["data"]!["max"]!.GetValue<double>() > 1)
            .Select(frame => ((int?)frame.Json!["data"]!["value"]!.GetValue<double>(), (int?)frame.Json!["data"]!["max"]!.GetValue<double>()));
        progress.Reports.Where(report => report.Steps is not null).Select(report => (report.Step, report.Steps)).ShouldBe(steps);
        progress.Reports.Count(report => report.Preview is not null).ShouldBe(job.Frames.Count(frame => frame.Binary is not null) - job.SentImages().Count);
    }

    private static ComfyUIImageGenerator Generator(FakeComfy comfy, string workflow) => new(
        new ComfyUIOptions
        {
            Endpoint = comfy.Server.Url,
            Workflow = ComfyWorkflow.Parse(workflow, "recorded", promptNeeded: false),
            Http = new() { MaxRetries = 0 },
        },
        timeProvider: new ScriptedTime(wait => wait <= TimeSpan.FromSeconds(1)));

    private static async Task<bool> AnswerViewAsync(HttpContext context, RecordedJob job)
    {
        if (context.Request.Path != "/view" || job.View(context.Request.Query["filename"].ToString()) is not { } image)
        {
            return false;
        }

        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(image);
        return true;
    }
}
