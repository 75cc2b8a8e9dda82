using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>
/// Has a chat model turn the prompt into yes/no questions, then answer each by looking at the image: the value is the share of yes,
/// passed means all. The questions of a prompt are created once and used for all its images. Safe to call from many tasks at once; does not own the client.
/// </summary>
public sealed class ChecklistJudge : IJudge
{
    internal const string Question = "checklist/1";

    internal const string AskSystem = """
        You turn a prompt for a text-to-image model into a checklist. Write questions that can be answered with yes or no by looking at the image,
        so that a perfect image answers every one with yes. Each asks for one thing only: that an object is there, its exact number, one attribute,
        one relation of place or size, one action, the style, a text to be read. Leave out nothing that the prompt asks for, and ask for nothing that it does not.
        What the prompt only implies (a riddle, knowledge of the world) is asked for by what must then be seen.

        Answer with a JSON object: "questions": a list of the questions.
        """;

    internal const string AnswerSystem = """
        You check an image against a list of questions. Look at the image itself, and answer each question from what you see, never from what would be likely.
        When in doubt, the answer is no.

        Answer with a JSON object: "answers": a list with one entry a question, in the order of the questions, each with
        "found": in a few words what the image shows in this respect,
        "yes": true or false.
        """;

    private readonly JsonAsker _asker;
    private readonly ChatJudgeOptions _options;
    private readonly QuestionStore _questions = new(capacity: 1024);

    /// <summary>Makes a judge.</summary>
    /// <param name="chat">A model that sees images.</param>
    /// <param name="options">How to ask; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public ChecklistJudge(IChatClient chat, ChatJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(chat);
        _options = options ?? new();
        _asker = new JsonAsker(chat, _options);
    }

    /// <inheritdoc/>
    public string Name => $"{Question}@{_asker.Model}";

    /// <inheritdoc/>
    public async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (checklist, error) = await _questions.GetAsync(request.Prompt, MakeQuestionsAsync, cancellationToken);
        if (checklist is null)
        {
            return new NoScore(Name, $"No checklist: {error}");
        }

        var (answers, answerError) = await AnswerAsync(checklist, request.Image, cancellationToken);
        return answers is null ? new NoScore(Name, answerError!) : ToScore(checklist, answers);
    }

    private Score ToScore(Checklist checklist, AnswerList answers)
    {
        Check[] checks = [.. checklist.Questions.Zip(answers.Answers, (question, answer) => new Check(question, answer.Yes, "yes", answer.Found))];
        var passed = checks.Count(check => check.Passed);
        var missing = checks.Where(check => !check.Passed).Select(check => $"{check.Question} No: {check.Found}");
        return new Score(
            Name,
            (double)passed / checks.Length,
            passed == checks.Length,
            passed == checks.Length ? "Every question is answered with yes." : string.Join(' ', missing)) { Checks = checks };
    }

    private Task<JsonAnswer<Checklist>> MakeQuestionsAsync(string prompt, CancellationToken cancellationToken) =>
        _asker.AskAsync<Checklist>(
            AskSystem, [new TextContent($"<prompt>\n{prompt}\n</prompt>\nAt most {_options.MaxQuestions} questions.")], Fault, cancellationToken);

    private string? Fault(Checklist checklist) => checklist.Questions.Count switch
    {
        0 => "\"questions\" is empty, but at least one question is needed.",
        var count when count > _options.MaxQuestions => $"\"questions\" holds {count} questions, but at most {_options.MaxQuestions} are allowed.",
        _ => checklist.Questions.Any(string.IsNullOrWhiteSpace) ? "a question is blank." : null,
    };

    private Task<JsonAnswer<AnswerList>> AnswerAsync(Checklist checklist, DataContent image, CancellationToken cancellationToken)
    {
        var list = new StringBuilder();
        for (var i = 0; i < checklist.Questions.Count; i++)
        {
            list.Append(CultureInfo.InvariantCulture, $"{i + 1}. {checklist.Questions[i]}\n");
        }

        return _asker.AskAsync<AnswerList>(
            AnswerSystem,
            [new TextContent($"{list}The image:"), image],
            answers => answers.Answers.Count == checklist.Questions.Count
                ? null
                : $"\"answers\" holds {answers.Answers.Count} entries, but there are {checklist.Questions.Count} questions.",
            cancellationToken);
    }

    internal sealed record Checklist([property: Description("Yes/no questions.")] IReadOnlyList<string> Questions);

    private sealed record AnswerList([property: Description("One entry a question, in order.")] IReadOnlyList<Answer> Answers);

    private sealed record Answer(
        [property: Description("What the image shows in this respect.")] string Found,
        [property: Description("Whether the answer is yes.")] bool Yes);
}
