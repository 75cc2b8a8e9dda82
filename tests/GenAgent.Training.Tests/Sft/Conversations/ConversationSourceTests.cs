using GenAgent.Seeds;
using GenAgent.Trajectories;
using GenAgent.Training.Sft.Conversations;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Tests.Sft.Conversations;

public sealed class ConversationSourceTests
{
    [Fact]
    public void Held_out_conversations_are_never_trained_on_and_none_is_lost()
    {
        var (training, heldOut) = ConversationSlice.HoldOut(new SquaresSource(50), 12);

        var trained = Enumerable.Range(0, (int)training.Count).Select(i => Answer(training.Read(i, 0))).ToList();
        var held = Enumerable.Range(0, (int)heldOut.Count).Select(i => Answer(heldOut.Read(i, 0))).ToList();
        trained.Intersect(held).ShouldBeEmpty();
        trained.Concat(held).Distinct().Count().ShouldBe(50);
        held.ShouldNotBe(Enumerable.Range(38, 12).Select(i => Answer(new SquaresSource(50).Read(i, 0))), "what is held out is not the end of the file");
        Should.Throw<InvalidDataException>(() => ConversationSlice.HoldOut(new SquaresSource(5), 5)).Message.ShouldContain("hold out fewer");
    }

    [Fact]
    public void A_mixture_gives_each_source_its_share_and_each_conversation_its_turn()
    {
        var mixed = new MixedConversationSource([(new SquaresSource(7), 3), (new Counting(), 1)], seed: 2);

        var answers = Enumerable.Range(0, 4096).Select(i => Answer(mixed.Read(i, 0))).ToList();
        answers.Count(answer => answer.StartsWith("number", StringComparison.Ordinal)).ShouldBe(1024);
        answers.Where(answer => answer.StartsWith("number", StringComparison.Ordinal)).Distinct().Count().ShouldBe(1024, "a source without end is read once");
        for (var at = 0; at < 4000; at += 100)
        {
            answers.Skip(at).Take(100).Count(answer => answer.StartsWith("number", StringComparison.Ordinal)).ShouldBeInRange(24, 26);
        }
        var squares = answers.Where(answer => !answer.StartsWith("number", StringComparison.Ordinal)).ToList();
        var epochs = squares.Chunk(7).Where(epoch => epoch.Length == 7).ToList();
        epochs.ShouldAllBe(epoch => epoch.Distinct().Count() == 7);
        epochs.Select(epoch => string.Join('|', epoch)).Distinct().Count().ShouldBeGreaterThan(100, "another order each time");
        Answer(mixed.Read(1234, 0)).ShouldBe(answers[1234]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    [InlineData(4097)]
    public void A_shuffle_without_a_table_visits_all_once(int count)
    {
        var order = new IndexPermutation(count, SeedPath.FromRoot(3));

        var visited = Enumerable.Range(0, count).Select(i => order[i]).ToList();
        visited.Order().ShouldBe(Enumerable.Range(0, count).Select(i => (long)i));
        if (count >= 1000) visited.Zip(visited.Skip(1)).Count(pair => pair.Second == pair.First + 1).ShouldBeLessThan(count / 50);
    }

    [Fact]
    public void A_foreign_file_of_conversations_is_read_with_its_images_where_the_placeholders_stand()
    {
        using var folder = new TemporaryFolder();
        var shown = ((ConversationPixels)new SquaresSource().Read(0, 0).Turns[1].Parts[1]).Image;
        var picture = TestImages.Encode(shown.Width, shown.Height, shown.Pixels);
        File.WriteAllBytes(folder.File("a.png"), picture);
        File.WriteAllText(folder.File("all.json"), """
            [{"system": "Name it.", "conversations": [
                {"from": "human", "value": "Look <image> here."}, {"from": "function_call", "value": "{\"name\": \"x\"}"},
                {"from": "observation", "value": "<image>"}, {"from": "gpt", "value": "grey"}], "images": ["a.png", "a.png"]}]
            """);
        File.WriteAllText(folder.File("bad.jsonl"), """
            {"conversations": [{"from": "human", "value": "<image><image>"}, {"from": "gpt", "value": "two"}], "images": ["a.png"]}
            """);

        var turns = ShareGptSource.Open(folder.File("all.json")).Read(0, 0).Turns;
        turns.Select(turn => (turn.Role, turn.Learned))
            .ShouldBe([("system", false), ("user", false), ("assistant", true), ("user", false), ("assistant", true)]);
        turns[1].Parts.Select(part => part is ConversationText text ? text.Text : "image").ShouldBe(["Look ", "image", " here."]);
        turns[3].Parts.Select(part => part is ConversationText text ? text.Text : "image").ShouldBe(["<tool_response>\n", "image", "\n</tool_response>"]);
        ((ConversationFile)turns[3].Parts[1]).Encoded.ToArray().ShouldBe(picture);
        ((ConversationText)turns[2].Parts[0]).Text.ShouldBe("<tool_call>\n{\"name\": \"x\"}\n</tool_call>");
        Should.Throw<InvalidDataException>(() => ShareGptSource.Open(folder.File("bad.jsonl")).Read(0, 0)).Message.ShouldContain("bad.jsonl, record 1");
        Should.Throw<FileNotFoundException>(() => TrajectorySource.Open(folder.Path)).Message.ShouldContain("make trajectories first");
    }

    [Theory]
    [InlineData("weight", "0", "1")]
    [InlineData("loss", "false", "true")]
    [InlineData("train", "false", "null")]
    public void A_turn_that_the_file_says_is_not_to_be_learned_is_not(string name, string no, string yes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("all.jsonl"), $$"""
            {"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "bad", "{{name}}": {{no}}}, {"role": "user", "content": "two"}, {"role": "assistant", "content": "good", "{{name}}": {{yes}}}]}
            {"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "bad", "{{name}}": {{no}}}]}
            {"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "bad", "{{name}}": "often"}]}
            """);

        var source = ShareGptSource.Open(folder.File("all.jsonl"));

        source.Read(0, 0).Turns.Select(turn => turn.Learned).ShouldBe([false, false, false, true]);
        Should.Throw<InvalidDataException>(() => source.Read(1, 0)).Message.ShouldContain("there is nothing to learn");
        source.Faults.ShouldHaveSingleItem().ShouldContain($"record 3: Turn 2: Its \"{name}\" is \"often\"");
    }

    [Fact]
    public async Task Two_data_sets_of_equal_ids_are_two_data_sets()
    {
        using var folder = new TemporaryFolder();
        async Task<string> IdentityOf(string name, string thought)
        {
            await using (var store = await TrajectoryStore.OpenAsync(folder.File(name)))
                await store.AppendAsync(
                    BareTrajectory.Of(new Round(0, $"<think>{thought}</think>") { Thought = thought }), new Dictionary<string, DataContent>());
            return TrajectorySource.Open(folder.File(name)).Identity;
        }

        var first = await IdentityOf("a", "one red circle");
        (await IdentityOf("b", "one red circle")).ShouldBe(first);
        (await IdentityOf("c", "two red circles")).ShouldNotBe(first);
    }

    [Fact]
    public void A_turn_that_was_made_worse_on_purpose_is_read_but_not_learned()
    {
        using var folder = new TemporaryFolder();
        var trajectory = BareTrajectory.Of(Round(0, "I pass the words on."), Round(1, "one red circle."), Round(2, "done."));
        Conversation Told(int? learnFrom) => TrajectoryConversation.Of(
            trajectory with { Task = learnFrom is { } round ? new() { LearnFrom = round } : null }, new TrajectoryFolder(folder.Path));
        bool[] Learned(int? learnFrom) => [.. Told(learnFrom).Turns.Where(turn => turn.Role == "assistant").Select(turn => turn.Learned)];

        Learned(null).ShouldBe([true, true, true]);
        Learned(0).ShouldBe([true, true, true]);
        Learned(1).ShouldBe([false, true, true]);

        static Round Round(int index, string thought) => new(index, $"<think>{thought}</think>") { Thought = thought };
    }

    private static string Answer(Conversation conversation) => ((ConversationText)conversation.Turns[2].Parts[0]).Text + conversation.Turns.Count;

    private sealed class Counting : IConversationSource
    {
        public string Identity => "counting";

        public long Count => long.MaxValue;

        public Conversation Read(long index, ulong seed) => new([new("system", "Count."), new("user", "Next?"), new("assistant", $"number {index}")]);
    }
}
