using GenAgent.Evaluation.Benchmarks;
using GenAgent.Judging;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Judges;

/// <summary>
/// Judges by a format: asks a chat model that sees images, and keeps every reply. Safe to use from many tasks at once; the chat client stays its owner's.
/// A refusal is kept as a reply without text; a model that cannot be reached throws, as what was made before need not be judged again.
/// </summary>
/// <param name="chat">The model.</param>
/// <param name="format">What is asked, and how replies are read.</param>
/// <param name="modelName">The model's name in reports, as its URI; null for what it calls itself.</param>
/// <param name="budget">How many calls are allowed; null for any number.</param>
public sealed class ReplyJudge(IChatClient chat, IReplyFormat format, string? modelName = null, CallBudget? budget = null) : IJudge
{
    /// <inheritdoc/>
    public string Name { get; } = $"{format.Name}@{modelName ?? chat.GetService<ChatClientMetadata>()?.DefaultModelId ?? "chat"}";

    /// <inheritdoc/>
    public async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var task = new BenchmarkTask(string.Empty, string.Empty, request.Prompt) { Constraints = request.Constraints, Reference = request.Reference,
            Questions = request.Questions };
        var questions = format.Ask(task);
        if (budget is not null && !await budget.TakeAsync(questions.Count * format.Settings.Tries, cancellationToken))
            throw new Running.RunLimitException("the judge calls");
        var image = format.Settings.SendsJpeg ? JpegImage.From(request.Image) : request.Image;
        List<JudgeReply> replies = [];
        try
        {
            foreach (var question in questions)
                await AskAsync(question, image, replies, cancellationToken);
        }
        finally
        {
            budget?.Return((questions.Count * format.Settings.Tries) - replies.Count);
        }

        return JudgmentOf(Name, format.Read(task, replies), replies);
    }

    /// <summary>A reading as a judgment, with the replies that it was read off.</summary>
    internal static Judgment JudgmentOf(string judge, ReplyReading reading, IReadOnlyList<JudgeReply> replies) => reading.Sound is { } value
        ? new Score(judge, value, reading.Passed, reading.Reason) { Replies = replies }
        : new NoScore(judge, reading.Reason) { Replies = replies };

    private async Task AskAsync(ReplyQuestion question, DataContent image, List<JudgeReply> replies, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < format.Settings.Tries; attempt++)
        {
            var reply = await AskOnceAsync(question, image, cancellationToken);
            replies.Add(reply);
            if (format.IsUsable(reply))
                return;
        }
    }

    private async Task<JudgeReply> AskOnceAsync(ReplyQuestion question, DataContent image, CancellationToken cancellationToken)
    {
        List<AIContent> contents = question.ImageFirst ? [image, new TextContent(question.Text)] : [new TextContent(question.Text), image];
        List<ChatMessage> messages = [new(ChatRole.User, contents)];
        if (question.System is { } system)
            messages.Insert(0, new(ChatRole.System, system));
        try
        {
            if (question.Spellings.Count > 0)
            {
                var (text, chances, asked) = await FirstTokens.AskAsync(chat, messages, question.Spellings, cancellationToken);
                return With(new JudgeReply(question.Key, text) { FirstTokens = chances }, asked);
            }

            var response = await chat.GetResponseAsync(messages, Options(), cancellationToken);
            return With(new JudgeReply(question.Key, response.Text), response);
        }
        catch (Exception e) when (e is BackendRejectedException or PromptRefusedException or ContextLengthException)
        {
            return new JudgeReply(question.Key, Text: null) { Error = e.Message };
        }
    }

    private static JudgeReply With(JudgeReply reply, ChatResponse? response) => reply with
    {
        Model = response?.ModelId,
        InputTokens = response?.Usage?.InputTokenCount ?? 0,
        OutputTokens = response?.Usage?.OutputTokenCount ?? 0,
    };

    private ChatOptions Options()
    {
        var options = new ChatOptions { Temperature = format.Settings.Temperature, MaxOutputTokens = format.Settings.MaxOutputTokens };
        if (format.Settings.WithoutThinking)
            ThinkingSwitch.TurnOff(options);
        return options;
    }
}
