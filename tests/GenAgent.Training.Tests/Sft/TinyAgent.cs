using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Sft.Conversations;
using GenAgent.Training.Sources;

namespace GenAgent.Training.Tests.Sft;

/// <summary>A Qwen2.5-VL that trains in moments, and conversations about squares of a colour for it.</summary>
internal static class TinyAgent
{
    public static readonly SftTrainerOptions Options = new()
    {
        Model = new AgentShape
        {
            VocabularySize = 360, HiddenSize = 32, IntermediateSize = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, MaxPositions = 512, InitializerRange = 0.1,
            Vision = new VisionShape { HiddenSize = 16, IntermediateSize = 32, Depth = 2, Heads = 2, PatchSize = 8, WindowSize = 32, MinPixels = 32 * 32,
                MaxPixels = 32 * 32 },
        },
        Sft = new SftOptions { PackTokens = 160, SavedWeights = WeightType.FP32 },
        Training = new TrainingOptions
        {
            Seed = 5,
            Steps = 9,
            BatchSize = 6,
            Workers = 2,
            LearningRate = 3e-3,
            Schedule = new LearningRateSchedule { Shape = LearningRateShape.Constant },
            Optimizer = new AdamWOptions { Beta2 = 0.99 },
            EmaDecay = 0.5,
            CheckpointEvery = 4,
            LogEvery = 1,
        },
    };

    /// <summary>Trains in a folder, making the tokenizer where there is none.</summary>
    public static TrainingOutcome Train(
        string folder, SftTrainerOptions? options = null, long stopAt = 0, IConversationSource? source = null, IModelEvaluation? evaluation = null,
        IConversationSource? validation = null, Action<TrainingProgress>? progress = null, string? startFrom = null)
    {
        options ??= Options;
        source ??= new SquaresSource();
        Prepare(folder, options);
        using var trainer = new SftTrainer(options, source, folder, startFrom, validation);
        using var stop = new CancellationTokenSource();
        return trainer.Run(resume: true, evaluation, new Runs.Each(p =>
        {
            progress?.Invoke(p);
            if (p.Step == stopAt) stop.Cancel();
        }), notice: null, stop.Token);
    }

    public static void Prepare(string folder, SftTrainerOptions options)
    {
        var model = Path.Combine(folder, "model");
        if (!AgentFolder.HasTokenizer(model)) AgentFolder.Create(model, options.Model, ConversationTexts.Of(new SquaresSource()));
    }

    public static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, "model", "model.safetensors"));

    public static List<System.Text.Json.JsonElement> Log(string folder) =>
        [.. File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement)];
}

/// <summary>Conversations of one to three turns about squares, with and without images, all with one system turn.</summary>
internal sealed class SquaresSource(int count = 10) : IConversationSource
{
    public const string System = "You look at squares and name them: the colour, then the side of the square in pixels.";

    private static readonly string[] Colors = ["red", "green", "blue", "grey"];

    public string Identity => $"squares {count}";

    public long Count => count;

    public Conversation Read(long index, ulong seed)
    {
        var color = Colors[index % Colors.Length];
        var turns = new List<ConversationTurn>
        {
            new("system", System),
            new("user", [new ConversationText("Look: "), Square(index), new ConversationText(" what is it?")], Learned: false),
            new("assistant", $"<think>It is {color}.</think>\n<answer>{color}, {index}</answer>"),
        };
        if (index % 3 == 1)
            turns.AddRange([new("user", "And again, in more words?"),
            new("assistant", $"<answer>A square that is {color}, and its number is {index}.</answer>")]);
        if (index % 3 == 2) turns[1] = new("user", $"There is no image here, only number {index}.");
        return new Conversation(turns);
    }

    private static ConversationPixels Square(long index)
    {
        var pixels = new byte[32 * 32 * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i % 3 == index % Colors.Length ? 200 : 20 + index);
        return new ConversationPixels(new PixelImage(32, 32, pixels));
    }
}
