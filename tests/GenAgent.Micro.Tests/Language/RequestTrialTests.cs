using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Language;
using GenAgent.Micro.Teaching;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Language;

public sealed class RequestTrialTests
{
    private static readonly Dictionary<string, Judging.PromptConstraints?> Meanings = FreeformBenchmark.Load().Tasks.DistinctBy(t => t.Prompt)
        .ToDictionary(t => t.Prompt, t => t.Constraints, StringComparer.Ordinal);

    private static Task<IReadOnlyList<RequestTrialAnswer>> Ask(Func<string, string> answer) => RequestTrial.RunAsync(
        new Answering(answer), new RequestTrialOptions { PerTopic = 0 }, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Who_understands_every_request_has_all_of_them_right()
    {
        var answers = await Ask(request =>
            Meanings[request] is { } asked
                ? TeacherTurns.First(asked, [], ScenePlanner.First(asked, SeedPath.FromRoot(1)))
                : TeacherTurns.Decline(DeclineReason.Thing));

        answers.ShouldAllBe(a => a.Planned && a.Read);
        RequestTrial.Figures(answers)["requests/dev"].ShouldBe(1);
    }

    [Fact]
    public async Task Who_always_draws_the_same_is_right_where_just_that_is_asked_for()
    {
        var circle = new Judging.PromptConstraints([new("circle", 1, "red")]);
        var answers = await Ask(_ => TeacherTurns.First(circle, [], ScenePlanner.First(circle, SeedPath.FromRoot(1))));

        var figures = RequestTrial.Figures(answers);
        figures["requests/dev"].ShouldBeLessThan(0.02);
        figures["requests/dev/outside"].ShouldBe(0);
        figures["requests/dev_wrongly_declined"].ShouldBe(0);
    }

    [Fact]
    public async Task Who_always_declines_is_right_about_what_cannot_be_shown_and_wrong_about_all_else()
    {
        var figures = RequestTrial.Figures(await Ask(_ => TeacherTurns.Decline(DeclineReason.Count)));

        figures["requests/dev"].ShouldBe(0);
        figures["requests/dev/outside"].ShouldBe(1);
        figures["requests/dev_wrongly_declined"].ShouldBe(1);
    }

    [Fact]
    public async Task A_turn_that_breaks_the_protocol_is_wrong_and_no_error() =>
        (await Ask(_ => "<tool_call>{\"name\":")).ShouldAllBe(a => !a.Planned && !a.Declined);

    private sealed class Answering(Func<string, string> answer) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer(messages.Last().Text))));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
