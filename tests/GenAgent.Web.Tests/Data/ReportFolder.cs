using System.Globalization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Published;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Web.Tests.Data;

/// <summary>An evaluation of an agent with five thousand images, each a file of its own, judged by a model with every kind of verdict.</summary>
internal static class ReportFolder
{
    public const int Images = 5000;
    private const int Seeds = 4;

    /// <summary>Makes it, and returns the path of its page.</summary>
    public static async Task<string> WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var prompts = Path.Combine(folder, "own.jsonl");
        await File.WriteAllLinesAsync(
            prompts,
            Enumerable.Range(1, Images / Seeds).Select(i => $$"""{"id":"p{{i}}","category":"category {{i % 8}}","prompt":"prompt {{i}} of a cat that sleeps on a chair","questions":["Is there a cat?"]}"""),
            cancellationToken);
        var run = new EvaluationRun(OwnBenchmark.Read(prompts), new Painter(), new() { ImagesPerPrompt = Seeds, Concurrency = 8 }, new Judge());
        var report = await run.RunAsync(Path.Combine(folder, "run"), cancellationToken: cancellationToken);
        report.Done.ShouldBe(Images);
        return Path.Combine(folder, "run", "report.html");
    }

    private static int NumberOf(string prompt) => int.Parse(prompt.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>One to three images a run, each of a color of its own.</summary>
    private sealed class Painter : IImageSystem
    {
        public string Name => "painter";

        public Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
        {
            var number = (NumberOf(task.Prompt) * Seeds) + index;
            DataContent[] images = [.. Enumerable.Range(0, 1 + (number % 3)).Select(round => Paint((number * 3) + round))];
            return Task.FromResult(new SystemOutcome(task.Prompt, images[^1])
            {
                Agent = new AgentConduct($"t{number}", images.Length + 1, StopReason.Answered, [], 12, 90, [task.Prompt]),
                Attempts = [.. images.Select((image, at) => new SystemAttempt(task.Prompt, image, at == images.Length - 1))],
            });
        }

        private static DataContent Paint(int color)
        {
            using var bitmap = new SKBitmap(64, 64);
            bitmap.Erase(new SKColor((byte)color, (byte)(color >> 8), 128));
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            return new DataContent(png.ToArray(), "image/png");
        }
    }

    private sealed class Judge : IJudge
    {
        public string Name => "own-checklist/1@openai:stub";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
        {
            var number = NumberOf(request.Prompt);
            JudgeReply[] replies =
                [new("checklist", $"{{\"answers\":[{{\"found\":\"reply number {number}\",\"yes\":{(number % 2 == 0 ? "true" : "false")}}}]}}")];
            return new(number % 10 == 9
                ? new NoScore(Name, "the reply cannot be read") { Replies = [new("checklist", "I cannot say.")] }
                : new Score(Name, number % 2 == 0 ? 1 : 0, number % 2 == 0, $"reason {number}") { Replies = replies });
        }
    }
}
