using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Agents;

public sealed class AgentFaultTests
{
    private static readonly FaultLimits None = new()
    {
        BrokenTurns = 0, UnknownTools = 0, BadArguments = 0, RefusedPrompts = 0, GeneratorFailures = 0, BadImages = 0,
    };

    /// <summary>A turn or an image that goes wrong, what kind of fault that is, and what the model must be told.</summary>
    public static TheoryData<string, FaultKind, StopReason, string> Faults() => new()
    {
        { "<think>never closed", FaultKind.BrokenTurn, StopReason.BrokenTurns, "<think> is never closed: end it with </think>. (at character 0)" },
        {
            "<tool_call>{\"name\": \"paint\", \"arguments\": {}}</tool_call>",
            FaultKind.UnknownTool,
            StopReason.UnknownTools,
            "There is no tool \"paint\". The only tool is generate_image."
        },
        { "<tool_call>{\"name\": \"generate_image\", \"arguments\": {}}</tool_call>", FaultKind.BadArguments, StopReason.BadArguments, "needs \"prompt\"" },
        {
            "<tool_call>{\"name\": \"generate_image\", \"arguments\": {\"prompt\": 3}}</tool_call>",
            FaultKind.BadArguments,
            StopReason.BadArguments,
            "must be a string, not number"
        },
        {
            "<tool_call>{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"x\", \"size\": 1}}</tool_call>",
            FaultKind.BadArguments,
            StopReason.BadArguments,
            "takes no argument \"size\""
        },
        {
            "<tool_call>{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a\\u0000b\"}}</tool_call>",
            FaultKind.BadArguments,
            StopReason.BadArguments,
            "control character U+0000 at character 1"
        },
        { Turns.Call("REFUSED"), FaultKind.RefusedPrompt, StopReason.RefusedPrompts, "refused by a content filter: violence" },
        { Turns.Call("FILTERED"), FaultKind.RefusedPrompt, StopReason.RefusedPrompts, "refused by a content filter: not allowed" },
        { Turns.Call("DOWN"), FaultKind.GeneratorFailure, StopReason.GeneratorFailures, "The generator failed: port 80 with ***" },
        { Turns.Call("TIMEOUT"), FaultKind.GeneratorFailure, StopReason.GeneratorFailures, "The generator failed: too slow" },
        { Turns.Call("EMPTY"), FaultKind.GeneratorFailure, StopReason.GeneratorFailures, "it returned no image" },
        { Turns.Call("ERROR"), FaultKind.GeneratorFailure, StopReason.GeneratorFailures, "The generator failed: out of paint" },
        { Turns.Call("CORRUPT"), FaultKind.BadImage, StopReason.BadImages, "corrupt" },
        { Turns.Call("SIZE"), FaultKind.BadImage, StopReason.BadImages, "The image is 16 x 9, but 32 x 32 was asked for." },
        { Turns.Call("LINK"), FaultKind.BadImage, StopReason.BadImages, "a link to example.org" },
    };

    [Theory]
    [InlineData("functions.generate_image")]
    [InlineData(" generate_image ")]
    [InlineData("default_api:generate_image")]
    [InlineData("generate_image<|channel|>commentary")]
    public async Task A_tool_is_known_behind_a_namespace_and_before_a_control_token(string name)
    {
        var model = new ScriptedModel($$$"""<tool_call>{"name": "{{{name}}}", "arguments": {"prompt": "x"}}</tool_call>""", Turns.Answer());

        var result = await new ImageAgent(model, Generator(), new ImageAgentOptions { Width = 32, Height = 32 }).RunAsync("p");

        result.Trajectory.Faults.ShouldBeEmpty();
        result.Attempts.Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_goes_wrong_is_told_to_the_model_counted_and_survived(string turn, FaultKind kind, StopReason reason, string told)
    {
        _ = reason;
        var model = new ScriptedModel(turn, Turns.Call("fine"), Turns.Answer());
        var result = await new ImageAgent(model, Generator(), new ImageAgentOptions { Width = 32, Height = 32 }).RunAsync("p");

        result.StopReason.ShouldBe(StopReason.Answered);
        result.Trajectory.Rounds[0].Text.ShouldBe(turn);
        var fault = result.Trajectory.Faults.ShouldHaveSingleItem();
        fault.Kind.ShouldBe(kind);
        fault.Message.ShouldContain(told);
        model.Requests[1].LastText.ShouldBe($"<tool_response>\nerror: {fault.Message}\n</tool_response>");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task One_fault_more_than_allowed_ends_the_run_with_its_own_reason(string turn, FaultKind kind, StopReason reason, string told)
    {
        var options = new ImageAgentOptions { Faults = None, Width = 32, Height = 32 };
        var withImage = await new ImageAgent(new ScriptedModel(Turns.Call("fine"), turn), Generator(), options).RunAsync("p");
        withImage.StopReason.ShouldBe(reason);
        withImage.Attempts.Count.ShouldBe(1);
        withImage.Trajectory.Answer!.ChosenBy.ShouldBe(ChoiceRule.Last);

        var failure = await Should.ThrowAsync<NoImageException>(() => new ImageAgent(new ScriptedModel(turn), Generator(), options).RunAsync("p"));
        failure.StopReason.ShouldBe(reason);
        failure.Message.ShouldContain(told);
        failure.Trajectory.Faults.Single().Kind.ShouldBe(kind);
    }

    [Fact]
    public async Task A_model_that_only_breaks_the_grammar_is_stopped_after_the_allowed_faults()
    {
        var model = new ScriptedModel("nonsense");
        var failure = await Should.ThrowAsync<NoImageException>(() => new ImageAgent(model, Generator()).RunAsync("p"));

        failure.StopReason.ShouldBe(StopReason.BrokenTurns);
        model.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_model_that_fails_returns_the_image_made_so_far_or_its_error()
    {
        var model = new ScriptedModel(
            _ => new ChatMessage(ChatRole.Assistant, Turns.Call("fine")),
            _ => throw new InvalidOperationException("connection reset, key sk-0123456789abcdef0123"));
        var result = await new ImageAgent(model, Generator()).RunAsync("p");
        result.StopReason.ShouldBe(StopReason.ModelFailed);
        result.Error.ShouldBeOfType<InvalidOperationException>();
        result.Trajectory.Error.ShouldBe("connection reset, key ***");

        var failure = await Should.ThrowAsync<NoImageException>(() =>
            new ImageAgent(new ScriptedModel(_ => throw new InvalidOperationException("gone")), Generator()).RunAsync("p"));
        failure.InnerException!.Message.ShouldBe("gone");
        failure.Message.ShouldContain("the agent's model failed: gone");
    }

    [Fact]
    public async Task An_agent_that_declines_in_words_is_heard()
    {
        var failure = await Should.ThrowAsync<NoImageException>(() =>
            new ImageAgent(new ScriptedModel("<answer>I can only draw shapes.</answer>"), Generator()).RunAsync("a dragon"));

        failure.StopReason.ShouldBe(StopReason.Declined);
        failure.Message.ShouldContain("I can only draw shapes.");
    }

    [Fact]
    public async Task A_turn_that_is_cut_off_at_the_token_limit_says_so()
    {
        var model = new ScriptedModel("<think>long", Turns.Call("x")) { FinishReason = ChatFinishReason.Length };
        var result = await new ImageAgent(model, Generator(), new ImageAgentOptions { MaxRounds = 1 }).RolloutAsync("p");

        result.Trajectory.Faults.First().Message.ShouldStartWith("The turn was cut off at the token limit.");
    }

    [Fact]
    public async Task A_turn_that_the_backends_filter_ended_counts_as_a_refused_prompt()
    {
        var model = new ScriptedModel("<think>bl") { FinishReason = ChatFinishReason.ContentFilter };
        var result = await new ImageAgent(model, Generator(), new ImageAgentOptions { Faults = None }).RolloutAsync("p");

        result.StopReason.ShouldBe(StopReason.RefusedPrompts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_turn_without_end_is_not_read_to_its_end(bool watched)
    {
        var model = new ScriptedModel("<think>" + new string('x', 5000), Turns.Call("fine"), Turns.Answer()) { ChunkSize = 64 };
        var agent = new ImageAgent(model, Generator(), new ImageAgentOptions { MaxTurnCharacters = 1000 });
        var result = watched
            ? (await agent.RunStreamingAsync("p").OfType<RunCompletedEvent>().SingleAsync()).Result
            : await agent.RunAsync("p");

        result.StopReason.ShouldBe(StopReason.Answered);
        result.Trajectory.Rounds[0].Text.Length.ShouldBe(1000);
        result.Trajectory.Faults.Single().Message.ShouldContain("longer than 1000 characters");
    }

    [Fact]
    public async Task One_candidate_that_fails_does_not_take_the_others_with_it()
    {
        var generator = new SeededGenerator
        {
            Instead = (index, _, _) => index == 1 ? throw new InvalidOperationException("flaky") : Task.FromResult<AIContent?>(null)
        };
        var options = new ImageAgentOptions { CandidatesPerRound = 3 };
        var result = await new ImageAgent(new ScriptedModel(Turns.Call("x"), Turns.Answer()), generator, options).RunAsync("p");

        result.Trajectory.Rounds[0].Images.Count.ShouldBe(2);
        result.Trajectory.Rounds[0].Faults.Single().Candidate.ShouldBe(1);
        result.Images.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n\t", "is empty")]
    [InlineData("a\u0007b", "U+0007 at character 1")]
    [InlineData("a\u0085", "U+0085 at character 1")]
    public async Task A_prompt_that_is_none_is_refused_before_any_model_is_asked(string prompt, string why)
    {
        var model = new ScriptedModel(Turns.Answer());
        (await Should.ThrowAsync<ArgumentException>(() => new ImageAgent(model, Generator()).RunAsync(prompt))).Message.ShouldContain(why);
        model.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_prompt_of_a_hundred_thousand_characters_is_refused_with_the_limit()
    {
        var agent = new ImageAgent(new ScriptedModel(Turns.Answer()), Generator());
        var failure = await Should.ThrowAsync<ArgumentException>(() => agent.RunAsync(new string('x', 100_000)));
        failure.Message.ShouldContain("has 100000 characters, but at most 10000 are allowed");
        await Should.ThrowAsync<ArgumentException>(async () => await agent.RunStreamingAsync(new string('x', 100_000)).CountAsync());
    }

    private static SeededGenerator Generator() => new()
    {
        Instead = (_, prompt, _) => prompt switch
        {
            "REFUSED" => throw new PromptRefusedException("violence."),
            "FILTERED" => Content(new ErrorContent("not allowed.") { ErrorCode = "content_policy_violation" }),
            "DOWN" => throw new BackendUnavailableException("port 80 with sk-0123456789abcdef0123"),
            "TIMEOUT" => throw new TaskCanceledException("too slow"),
            "EMPTY" => Content(new TextContent("no image here")),
            "ERROR" => Content(new ErrorContent("out of paint")),
            "CORRUPT" => Content(new DataContent(SeededGenerator.Png(32, 32, 7).AsMemory(0, 60), "image/png")),
            "SIZE" => Content(new DataContent(SeededGenerator.Png(16, 9, 7), "image/png")),
            "LINK" => Content(new UriContent("https://example.org/x.png", "image/png")),
            _ => Task.FromResult<AIContent?>(null),
        },
    };

    private static Task<AIContent?> Content(AIContent content) => Task.FromResult<AIContent?>(content);
}
