using GenAgent.Cli.Tests.Hosting;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Published;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Soft-TIFA's log-probabilities, from a server over a real socket and from a Qwen2.5-VL in this process.</summary>
public sealed class FirstTokenJudgeTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_server_s_log_probabilities_of_the_first_token_are_summed_over_spellings()
    {
        using var server = await FakeServer.StartAsync("judge");

        var score = await JudgeAsync($"openai:fake-judge@{server.Address}/v1");

        score.Value.ShouldBe(Math.Sqrt((0.25 + 0.25) * (0.5 + 0.375)), 1e-6);
        score.Replies.Select(r => r.Model).ShouldBe(["fake-judge", "fake-judge"]);
        score.Replies[0].FirstTokens!.Select(t => t.Token).ShouldBe(["two", "2"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_model_in_this_process_gives_probabilities_that_do_not_exceed_one()
    {
        var score = await JudgeAsync("micro");

        score.Value.ShouldBeInRange(0, 1);
        foreach (var reply in score.Replies)
        {
            reply.FirstTokens.ShouldNotBeNull().Count.ShouldBeGreaterThan(1);
            reply.FirstTokens.Sum(t => Math.Exp(t.LogProb)).ShouldBeInRange(1e-30, 1 + 1e-4);
        }
    }

    private async Task<Score> JudgeAsync(string uri)
    {
        var data = _host.Write(
            "geneval2.jsonl",
            """{"prompt":"two cats","atom_count":2,"vqa_list":[["How many cats are in the image?","two"],["Are there any cats in the image?","Yes"]],"skills":["count","object"]}""");
        var benchmark = GenEval2Benchmark.Read(data);
        var task = benchmark.Tasks.ShouldHaveSingleItem();
        using var chat = await BackendComposition.Create(_host.Host(), Settings.Read(_host.Host(), null, []))
            .CreateChatClientAsync(uri, TestContext.Current.CancellationToken);
        var request = new JudgeRequest(task.Prompt, Image()) { Questions = task.Questions };
        var judgment = await new ReplyJudge(chat, benchmark.Format!, uri).JudgeAsync(request, TestContext.Current.CancellationToken);
        return judgment.ShouldBeOfType<Score>((judgment as NoScore)?.Error);
    }

    private static DataContent Image()
    {
        using var bitmap = new SKBitmap(96, 96);
        bitmap.Erase(SKColors.White);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return new DataContent(png.ToArray(), "image/png");
    }
}
