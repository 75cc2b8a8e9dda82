using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Tests.Agents;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Tools;

public sealed class AgentToolTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_model_may_choose_among_several_generators()
    {
        var (main, flux) = (new SeededGenerator(), new SeededGenerator());
        var model = new ScriptedModel(Call("flux", "prompt", "a fox"), Turns.Again("two foxes"), Turns.Answer("image 2"));
        var result = await Agent(model, main, AgentTool.Generator("flux", flux)).RunAsync("foxes", None);

        flux.Requests.Single().Prompt.ShouldBe("a fox");
        main.Requests.Single().Prompt.ShouldBe("two foxes");
        result.Best!.Number.ShouldBe(2);
        model.Requests[0].Messages[0].Text.ShouldContain("{\"name\": \"generate_image\"");
        model.Requests[0].Messages[0].Text.ShouldContain(
            "{\"name\": \"flux\", \"description\": \"Generate an image from a text prompt, with the generator flux.\"");
    }

    [Fact]
    public async Task An_editor_changes_the_last_image_or_the_one_that_is_named()
    {
        var editor = new SeededGenerator();
        var model = new ScriptedModel(
            Turns.Call("a fox"), Failed(Call("edit_image", "instruction", "redder")), Failed(Edit("bluer", "1")), Failed(Edit("greener", "\"image 2\"")),
            Turns.Answer("image 3"));
        var result = await Agent(model, new SeededGenerator(), AgentTool.Editor(editor)).RunAsync("p", None);

        editor.Requests.Select(request => request.Prompt).ShouldBe(["redder", "bluer", "greener"]);
        var images = result.Attempts.Select(attempt => attempt.Reference.Id).ToArray();
        result.Trajectory.Rounds.Select(round => round.Generation?.Edited).ShouldBe([null, images[0], images[0], images[1], null]);
        editor.LastOriginals!.Single().ShouldBe(result.Attempts[1].Image);
        model.Requests[0].Messages[0].Text.ShouldContain("\"image\": {\"type\": \"integer\"");
    }

    [Fact]
    public async Task An_edited_image_can_be_made_again_from_the_image_that_it_was_made_of()
    {
        var (main, editor) = (new SeededGenerator(), new SeededGenerator());
        var model = new ScriptedModel(Turns.Call("a fox"), Failed(Call("edit_image", "instruction", "redder")), Turns.Answer("image 2"));
        var result = await Agent(model, main, AgentTool.Editor(editor)).RunAsync("p", None);
        using var folder = new TemporaryFolder();
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            await store.AppendAsync(result, None);
        }

        var again = new SeededGenerator();
        var replayed = await TrajectoryReplay.ReplayAsync(
            result.Trajectory, new TrajectoryFolder(folder.Path), new SeededGenerator(),
            new Dictionary<string, IImageGenerator>(StringComparer.Ordinal) { ["edit_image"] = again }, None).ToListAsync(
                None);

        replayed.Count.ShouldBe(2);
        replayed.ShouldAllBe(image => image.IsSame);
        ((DataContent)again.LastOriginals!.Single()).Data.ToArray().ShouldBe(result.Attempts[0].Image.Data.ToArray());
    }

    [Fact]
    public async Task An_edit_without_an_image_is_a_fault_that_the_model_is_told()
    {
        var model = new ScriptedModel(
            Call("edit_image", "instruction", "redder"),
            Turns.Call("a fox"),
            Failed(Edit("bluer", "7")),
            Failed(Edit("bluer", "\"the last\"")),
            Turns.Answer());
        var result = await Agent(model, new SeededGenerator(), AgentTool.Editor(new SeededGenerator())).RunAsync("p", None);

        result.Trajectory.Faults.Select(fault => fault.Message).ShouldBe(
        [
            "There is no image to edit yet: make one first.",
            "There is no image 7 to edit: there are 1.",
            "\"image\" must be the number of an image, from 1, not \"the last\".",
        ]);
    }

    [Fact]
    public async Task Mask_and_strength_belong_to_the_users_own_image_and_not_to_an_edit_of_another()
    {
        var (main, editor) = (new SeededGenerator(), new SeededGenerator());
        var original = new DataContent(SeededGenerator.Png(8, 8, 7), "image/png");
        var options = new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, original).With(ImageOptionsExtensions.StrengthKey, 0.5);
        var model = new ScriptedModel(Turns.Call("a fox"), Failed(Call("edit_image", "instruction", "redder")), Turns.Answer("image 2"));
        using var agent = Agent(model, main, AgentTool.Editor(editor));
        var response = await agent.GenerateAsync(new ImageGenerationRequest("p", [original]), options, None);

        (main.Requests.Single().Options.GetMask(), main.Requests.Single().Options.GetStrength()).ShouldBe((original, 0.5));
        (editor.Requests.Single().Options.GetMask(), editor.Requests.Single().Options.GetStrength()).ShouldBe((null, null));
        ((AgentResult[])response.RawRepresentation!)[0].Trajectory.Rounds[1].Generation!.Strength.ShouldBeNull();
    }

    [Fact]
    public async Task The_users_own_image_is_edited_where_none_was_made_yet()
    {
        var editor = new SeededGenerator();
        var original = new DataContent(SeededGenerator.Png(8, 8, 7), "image/png");
        var model = new ScriptedModel(Call("edit_image", "instruction", "redder"), Turns.Answer());
        await Agent(model, new SeededGenerator(), AgentTool.Editor(editor)).RunAsync(new AgentRequest("p") { OriginalImages = [original] }, None);

        editor.LastOriginals.ShouldBe([original]);
    }

    [Theory]
    [InlineData("genagent")]
    [InlineData("native")]
    public async Task A_function_of_the_users_own_gives_text_to_the_model(string dialect)
    {
        var weather = AIFunctionFactory.Create((string city) => $"Rain in {city}.", "weather", "Tells the weather.");
        var native = dialect == "native";
        var model = new ScriptedModel(
            _ =>
                native
                    ? new ChatMessage(
                        ChatRole.Assistant,
                        [new FunctionCallContent("c1", "weather", new Dictionary<string, object?>(StringComparer.Ordinal) { ["city"] = "Oslo" })])
                : new ChatMessage(ChatRole.Assistant, Call("weather", "city", "Oslo")),
            _ => new ChatMessage(ChatRole.Assistant, Turns.Call("rain")),
            _ => new ChatMessage(ChatRole.Assistant, Turns.Answer()));
        using var agent = new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { Dialect = dialect }, tools: [AgentTool.Function(weather)]);
        var events = await agent.RunStreamingAsync("p", None).ToListAsync(None);
        var result = events.OfType<RunCompletedEvent>().Single().Result;

        events.OfType<ToolTextEvent>().Single().Text.ShouldBe("Rain in Oslo.");
        result.Trajectory.Rounds[0].ToolText.ShouldBe("Rain in Oslo.");
        result.Trajectory.Rounds[1].Generation!.Prompt.ShouldBe("rain");
        if (native)
        {
            model.Requests[1].Messages[^1].Contents.OfType<FunctionResultContent>().Single().Result.ShouldBe("Rain in Oslo.");
            model.Requests[0].Options.Tools!.Select(tool => tool.Name).ShouldBe(["generate_image", "weather"]);
        }
        else
        {
            model.Requests[1].LastText.ShouldBe("<tool_response>\nRain in Oslo.\n</tool_response>");
            model.Requests[0].Messages[0].Text.ShouldContain("\"name\": \"weather\", \"description\": \"Tells the weather.\"");
        }
    }

    [Fact]
    public async Task A_function_may_give_an_image_which_counts_as_one_of_the_run()
    {
        var image = new DataContent(SeededGenerator.Png(8, 8, 7), "image/png");
        var model = new ScriptedModel("<tool_call>{\"name\": \"photo\", \"arguments\": {}}</tool_call>", Turns.Answer("image 1"));
        var result = await Agent(model, new SeededGenerator(), AgentTool.Function(new Direct("photo", image))).RunAsync("p", None);

        result.Image.ShouldBe(image);
        (result.StopReason, result.Trajectory.Rounds[0].Images.Count, result.Best!.Number).ShouldBe((StopReason.Answered, 1, 1));
    }

    [Fact]
    public async Task A_function_that_fails_is_a_fault_that_the_model_is_told()
    {
        var broken = AIFunctionFactory.Create(string (string city) => throw new InvalidOperationException("no network"), "weather");
        var model = new ScriptedModel(Call("weather", "city", "Oslo"), Call("weather", "town", "Oslo"), Turns.Call("rain"), Turns.Answer());
        var result = await Agent(model, new SeededGenerator(), AgentTool.Function(broken)).RunAsync("p", None);

        result.Trajectory.Faults.Select(fault => fault.Kind).ShouldBe([FaultKind.GeneratorFailure, FaultKind.BadArguments]);
        model.Requests[1].LastText.ShouldContain("error: weather failed: no network");
    }

    [Fact]
    public async Task A_model_that_only_calls_functions_is_stopped_by_the_limit_on_turns()
    {
        var calls = 0;
        var clock = AIFunctionFactory.Create(() => (++calls).ToString(System.Globalization.CultureInfo.InvariantCulture), "clock");
        var model = new ScriptedModel("<tool_call>{\"name\": \"clock\", \"arguments\": {}}</tool_call>");
        using var agent = new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { MaxTurns = 5 }, tools: [AgentTool.Function(clock)]);
        var result = await agent.RolloutAsync("p", None);

        (result.StopReason, calls).ShouldBe((StopReason.RoundLimit, 5));
    }

    [Fact]
    public async Task An_unknown_tool_is_answered_with_the_names_of_all()
    {
        var model = new ScriptedModel(Call("draw", "prompt", "x"), Turns.Call("a"), Turns.Answer());
        await Agent(model, new SeededGenerator(), AgentTool.Editor(new SeededGenerator())).RunAsync("p", None);

        model.Requests[1].LastText.ShouldContain("There is no tool \"draw\". The tools are generate_image, edit_image.");
    }

    [Fact]
    public void Tools_that_cannot_be_told_apart_or_that_the_model_does_not_know_are_refused()
    {
        var generator = new SeededGenerator();
        Refused("genagent", AgentTool.Generator("generate_image", generator)).ShouldContain("Two tools have the name \"generate_image\"");
        Refused("genagent", AgentTool.Editor(generator), AgentTool.Editor(generator)).ShouldContain("Two tools have the name \"edit_image\"");
        Refused("genagent-v1", AgentTool.Generator("flux", generator)).ShouldContain("dialect genagent-v1 know no tool \"flux\", only image_generation_tool");
        Refused("genagent-v1", AgentTool.Editor(generator)).ShouldContain("know no tool \"edit_image\"");
        Refused("genagent-v2", AgentTool.Editor(new SeededGenerator { Profile = new GeneratorProfile { TakesOriginalImages = false } }))
            .ShouldContain("takes no original image");
        Should.Throw<ArgumentException>(() => AgentTool.Generator("my tool", generator)).Message.ShouldContain("\"my tool\" is no tool's name");

        string Refused(string dialect, params AgentTool[] tools) => Should.Throw<ArgumentException>(
            () => new ImageAgent(new ScriptedModel("x"), generator, new ImageAgentOptions { Dialect = dialect }, tools: tools)).Message;
    }

    private static ImageAgent Agent(ScriptedModel model, IImageGenerator generator, params AgentTool[] tools) => new(model, generator, tools: tools);

    private static string Call(string name, string argument, string text) =>
        $"<tool_call>\n{{\"name\": \"{name}\", \"arguments\": {{\"{argument}\": \"{text}\"}}}}\n</tool_call>";

    private static string Edit(string instruction, string image) =>
        $"<tool_call>\n{{\"name\": \"edit_image\", \"arguments\": {{\"instruction\": \"{instruction}\", \"image\": {image}}}}}\n</tool_call>";

    private static string Failed(string call) => $"<judge>Not yet.\nverdict: fail</judge>\n{call}";

    // AIFunctionFactory turns what a method returns into JSON unless told otherwise; a function written by hand returns it as it is.
    private sealed class Direct(string name, DataContent image) : AIFunction
    {
        public override string Name => name;

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) => new(image);
    }
}
