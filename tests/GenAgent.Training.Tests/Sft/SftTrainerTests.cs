using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Sft.Conversations;
using GenAgent.Training.Tests.Runs;
using Microsoft.Extensions.AI;
using TorchSharp;

namespace GenAgent.Training.Tests.Sft;

public sealed class SftTrainerTests
{
    [Fact]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_very_weights_of_one_that_was_not()
    {
        using var whole = new TemporaryFolder();
        using var parts = new TemporaryFolder();
        TinyAgent.Train(whole.Path);
        for (var stop = 1; stop < 9; stop += 3) TinyAgent.Train(parts.Path, stopAt: stop);
        TinyAgent.Train(parts.Path).Finished.ShouldBeTrue();

        TinyAgent.Weights(parts.Path).ShouldBe(TinyAgent.Weights(whole.Path));
        TinyAgent.Log(parts.Path).ConvertAll(entry => entry.GetProperty("loss").GetDouble())
            .ShouldBe(TinyAgent.Log(whole.Path).ConvertAll(entry => entry.GetProperty("loss").GetDouble()));
    }

    [Fact]
    public async Task The_model_that_is_written_says_by_a_chat_client_what_it_was_taught()
    {
        using var folder = new TemporaryFolder();
        var source = new SquaresSource(count: 4);
        var options = TinyAgent.Options with {
            Training = TinyAgent.Options.Training with { Steps = 120, BatchSize = 4, CheckpointEvery = 1000, LearningRate = 5e-3, EmaDecay = 0.9 } };
        TinyAgent.Train(folder.Path, options, source: source);

        using var client = TorchChatClient.Load(folder.File("model"), new GenerationEngineOptions { Threads = 1, CacheBytes = 4 << 20 });
        for (var i = 0; i < source.Count; i++)
        {
            var conversation = source.Read(i, 0);
            var response = await client.GetResponseAsync(ChatOf(conversation).Take(2), new ChatOptions { MaxOutputTokens = 60 });
            response.Text.ShouldBe(((ConversationText)conversation.Turns[2].Parts[0]).Text);
        }
    }

    [Fact]
    public void Held_out_conversations_and_rollouts_are_looked_at_when_they_are_due_on_the_model_as_it_is_written()
    {
        using var folder = new TemporaryFolder();
        var rollouts = new Rollouts();
        var options = TinyAgent.Options with
        {
            Sft = TinyAgent.Options.Sft with { RolloutEvery = 6 },
            Training = TinyAgent.Options.Training with { EvaluateEvery = 3 },
        };
        var (training, heldOut) = ConversationSlice.HoldOut(new SquaresSource(14), 4);
        TinyAgent.Train(folder.Path, options, source: training, validation: heldOut, evaluation: rollouts);

        rollouts.Steps.ShouldBe([6, 9]);
        var evaluations = TinyAgent.Log(folder.Path).Where(entry => entry.TryGetProperty("validation/loss", out _)).ToList();
        evaluations.ConvertAll(entry => entry.GetProperty("step").GetInt64()).ShouldBe([3, 6, 9]);
        evaluations[^1].GetProperty("validation/loss").GetDouble().ShouldBeLessThan(evaluations[0].GetProperty("validation/loss").GetDouble());
        evaluations[^1].GetProperty("rollouts/size").GetDouble().ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void The_number_of_workers_and_the_size_of_packs_change_the_losses_by_rounding_alone()
    {
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        TinyAgent.Train(one.Path, TinyAgent.Options with
        {
            Sft = TinyAgent.Options.Sft with { PackTokens = 10_000, SharePrefix = false },
            Training = TinyAgent.Options.Training with { Workers = 1 },
        });
        TinyAgent.Train(two.Path);

        var pairs = TinyAgent.Log(one.Path).Zip(TinyAgent.Log(two.Path))
            .Select(pair => (pair.First.GetProperty("loss").GetDouble(), pair.Second.GetProperty("loss").GetDouble()));
        pairs.Take(4).ShouldAllBe(pair => Math.Abs(pair.Item1 - pair.Item2) < 1e-3 * pair.Item1);
    }

    [Fact]
    public void A_run_goes_on_from_another_models_folder_with_other_data_and_saves_halves()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        TinyAgent.Train(first.Path);
        AgentFolder.CopySettings(first.File("model"), second.File("model"));
        var options = TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { SavedWeights = WeightType.BF16 } };
        TinyAgent.Train(second.Path, options, startFrom: first.File("model"), source: new SquaresSource(4));

        TinyAgent.Log(second.Path)[0].GetProperty("loss").GetDouble().ShouldBeLessThan(TinyAgent.Log(first.Path)[0].GetProperty("loss").GetDouble() - 0.3);
        ((double)TinyAgent.Weights(second.Path).Length).ShouldBe(TinyAgent.Weights(first.Path).Length / 2.0, 5000);
        using var client = TorchChatClient.Load(second.File("model"), new GenerationEngineOptions { Threads = 1, CacheBytes = 1 << 20 });
    }

    [Fact]
    public void What_cannot_be_learned_is_said_before_it_spoils_a_run()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidDataException>(() => TinyAgent.Train(folder.Path, TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { FromRound = 3 } }))
            .Message.ShouldContain("fromRound");
        Should.Throw<InvalidDataException>(() => TinyAgent.Train(folder.Path, TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { MaxTokens = 20 } }))
            .Message.ShouldContain("maxTokens");
        TinyAgent.Train(folder.Path, stopAt: 1);
        Should.Throw<ResumeMismatchException>(() =>
            TinyAgent.Train(folder.Path, TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { FromRound = 2 } }));
    }

    internal static IEnumerable<ChatMessage> ChatOf(Conversation conversation) =>
        conversation.Turns.Select(turn => new ChatMessage(new ChatRole(turn.Role), [.. turn.Parts.Select(Content)]));

    private static AIContent Content(ConversationPart part) => part switch
    {
        ConversationText text => new TextContent(text.Text),
        ConversationPixels { Image: var image } => new DataContent(TestImages.Encode(image.Width, image.Height, image.Pixels), "image/png"),
        ConversationFile file => new DataContent(file.Encoded, "image/png"),
        _ => throw new NotSupportedException(),
    };

    private sealed class Rollouts : IModelEvaluation
    {
        public List<long> Steps { get; } = [];

        public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder)
        {
            Steps.Add(stepsTaken);
            return new Dictionary<string, double> { ["rollouts/size"] = new FileInfo(Path.Combine(modelFolder, "model.safetensors")).Length };
        }
    }
}

[Collection(nameof(Alone))]
public sealed class SftTrainerLeakTests
{
    [Fact]
    public void Steps_leave_no_tensor_behind()
    {
        Alone.Settle();
        using var folder = new TemporaryFolder();
        var counts = new List<long>();
        var options = TinyAgent.Options with { Training = TinyAgent.Options.Training with { Steps = 30, CheckpointEvery = 100 } };
        TinyAgent.Train(folder.Path, options, source: new WithImages(), progress: p =>
        {
            if (p.Step is 10 or 29) counts.Add(torch.Tensor.TotalCount);
        });

        // Beside other tests the count was seen to fall by 19 over these 19 steps, and nobody knows why yet; a leak makes it grow.
        counts[1].ShouldBeLessThanOrEqualTo(counts[0]);
    }

    // TorchSharp counts an empty object for every parameter that a loss does not depend on, and never uncounts it: each pack has an image.
    private sealed class WithImages : IConversationSource
    {
        public string Identity => "with images";

        public long Count => 8;

        public Conversation Read(long index, ulong seed) => new SquaresSource().Read(index * 3, seed);
    }
}
