using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Published;
using GenAgent.Judging;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace GenAgent.Evaluation.Tests.Judges;

/// <summary>What a judge is sent is what the published scripts send: encoding, temperature, length, thinking, order and number of questions.</summary>
public sealed class ReplyJudgeTests
{
    private static readonly JudgeRequest Request = new("two cats", new DataContent(StubPainter.Png, "image/png"), new([new("cat", 2)]))
    {
        Reference = "they sleep",
        Questions = [new("How many cats are in the image?", "two"), new("Are there any cats in the image?")],
    };

    public static TheoryData<string, string, int, bool, bool, bool> Settings => new()
    {
        // Benchmark, media type, most tokens, thinking off, a system turn, the image before the text.
        { "geneval++", "image/jpeg", 200, false, true, false },
        { "imagine", "image/jpeg", 1024, false, true, false },
        { "wise", "image/png", 2000, false, false, false },
        { "wise-verified", "image/png", 500, true, false, false },
        { "geneval2", "image/png", 1, false, false, true },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task A_judge_is_asked_as_the_published_script_asks_it(
        string name, string mediaType, int tokens, bool withoutThinking, bool system, bool imageFirst)
    {
        using var chat = new Recorder();
        await new ReplyJudge(chat, Format(name)).JudgeAsync(Request, TestContext.Current.CancellationToken);

        var (messages, options) = chat.Asked[0];
        options.Temperature.ShouldBe(0);
        options.MaxOutputTokens.ShouldBe(tokens);
        (messages.Count == 2).ShouldBe(system);
        var contents = messages[^1].Contents;
        contents.OfType<DataContent>().ShouldHaveSingleItem().MediaType.ShouldBe(mediaType);
        (contents[0] is DataContent).ShouldBe(imageFirst);
        var raw = options.RawRepresentationFactory?.Invoke(chat) as ChatCompletionOptions;
        (raw is not null && ModelReaderWriter.Write(raw).ToString().Contains("\"enable_thinking\":false", StringComparison.Ordinal)).ShouldBe(withoutThinking);
    }

    [Fact]
    public async Task Soft_TIFA_asks_every_question_by_its_first_token_and_fails_without_log_probabilities()
    {
        using var chat = new Recorder();
        var judgment = await new ReplyJudge(chat, new SoftTifaFormat()).JudgeAsync(Request, TestContext.Current.CancellationToken);

        chat.Asked.Select(a => a.Messages[^1].Text)
            .ShouldBe(["How many cats are in the image? Answer in one word.", "Are there any cats in the image? Answer in one word."]);
        var raw = (ChatCompletionOptions)chat.Asked[0].Options.RawRepresentationFactory!(chat)!;
        (raw.IncludeLogProbabilities, raw.TopLogProbabilityCount).ShouldBe((true, 20));
        judgment.ShouldBeOfType<NoScore>().Error.ShouldContain("logprobs");
        SoftTifaFormat.Spellings(new("How many cats are in the image?", "two")).ShouldBe(["two", "Two", "2", " two", " Two", " 2"]);
        SoftTifaFormat.Spellings(new("Are there any cats in the image?")).ShouldBe(["yes", "Yes", " yes", " Yes"]);
    }

    private static IReplyFormat Format(string name) => name switch
    {
        "geneval++" => new GenEvalPlusFormat(),
        "imagine" => new ImagineFormat(),
        "wise" => new WiseFormat(),
        "wise-verified" => new WiseVerifiedFormat(),
        _ => new SoftTifaFormat(),
    };

    private sealed class Recorder : IChatClient
    {
        public List<(List<ChatMessage> Messages, ChatOptions Options)> Asked { get; } = [];

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Asked.Add(([.. messages], options!));
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "two")));
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
                yield return update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
