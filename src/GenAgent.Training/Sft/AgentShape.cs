using System.ComponentModel.DataAnnotations;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;

namespace GenAgent.Training.Sft;

/// <summary>The shape of a Qwen2.5-VL, as a recipe states it. Token ids come from the tokenizer.</summary>
public sealed record AgentShape
{
    /// <summary>Ids of the vocabulary that is learned, all special tokens among them; for a published model its number of embeddings.</summary>
    [Range(300, 1_000_000)]
    public int VocabularySize { get; init; } = 1024;

    /// <summary>Width of the language model; its heads divide it.</summary>
    [Range(8, 65536)]
    public int HiddenSize { get; init; } = 192;

    /// <summary>Width of its gated MLP.</summary>
    [Range(8, 1_000_000)]
    public int IntermediateSize { get; init; } = 512;

    /// <summary>Decoder layers.</summary>
    [Range(1, 1000)]
    public int Layers { get; init; } = 6;

    /// <summary>Query heads.</summary>
    [Range(1, 1024)]
    public int Heads { get; init; } = 6;

    /// <summary>Key and value heads.</summary>
    [Range(1, 1024)]
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Whether the output head is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Base of the rotary frequencies.</summary>
    [Range(10.0, 1e12)]
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Added to the mean square in the norms.</summary>
    [Range(0.0, 1.0)]
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>The longest conversation in tokens.</summary>
    [Range(16, 10_000_000)]
    public int MaxPositions { get; init; } = 2048;

    /// <summary>Standard deviation of fresh weights.</summary>
    [Range(1e-6, 1.0)]
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>The vision tower.</summary>
    public VisionShape Vision { get; init; } = new();

    /// <summary>The configuration with a tokenizer's ids.</summary>
    /// <param name="ids">The id of a control token.</param>
    /// <param name="vocabulary">Number of ids; the tokenizer's where it is smaller than asked for.</param>
    internal Qwen25VLConfig ToConfig(Func<string, int> ids, int vocabulary)
    {
        if (HiddenSize % Heads != 0) throw new InvalidDataException($"model.heads is {Heads}, which does not divide model.hiddenSize {HiddenSize}.");
        var half = HiddenSize / Heads / 2;
        var axis = half * 3 / 8;
        var config = new Qwen25VLConfig
        {
            Text = new Qwen25TextConfig
            {
                HiddenSize = HiddenSize, IntermediateSize = IntermediateSize, Layers = Layers, Heads = Heads, KeyValueHeads = KeyValueHeads,
                    VocabularySize = vocabulary,
                HeadSize = HiddenSize / Heads, MRopeSections = [half - (2 * axis), axis, axis], RopeTheta = RopeTheta, RmsNormEps = RmsNormEps,
                    MaxPositions = MaxPositions,
                InitializerRange = InitializerRange,
            },
            Vision = Vision.ToConfig(HiddenSize, InitializerRange),
            ImageTokenId = ids("<|image_pad|>"),
            VideoTokenId = ids("<|video_pad|>"),
            VisionStartTokenId = ids("<|vision_start|>"),
            VisionEndTokenId = ids("<|vision_end|>"),
            TieWordEmbeddings = TieWordEmbeddings,
        };
        config.Check();
        return config;
    }
}

/// <summary>The shape of a vision tower.</summary>
public sealed record VisionShape
{
    /// <summary>Width.</summary>
    [Range(8, 65536)]
    public int HiddenSize { get; init; } = 128;

    /// <summary>Width of the gated MLP.</summary>
    [Range(8, 1_000_000)]
    public int IntermediateSize { get; init; } = 344;

    /// <summary>Blocks.</summary>
    [Range(1, 1000)]
    public int Depth { get; init; } = 4;

    /// <summary>Heads.</summary>
    [Range(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>Side of a patch in pixels.</summary>
    [Range(1, 1024)]
    public int PatchSize { get; init; } = 16;

    /// <summary>Frames of a patch; a still image is repeated.</summary>
    [Range(1, 64)]
    public int TemporalPatchSize { get; init; } = 2;

    /// <summary>This many patches a side become one image feature.</summary>
    [Range(1, 64)]
    public int MergeSize { get; init; } = 2;

    /// <summary>Side of an attention window in pixels.</summary>
    [Range(1, 65536)]
    public int WindowSize { get; init; } = 128;

    /// <summary>The blocks that attend over the whole image; null for all.</summary>
    public IReadOnlyList<int>? FullAttentionBlocks { get; init; }

    /// <summary>Smaller images are enlarged to this area in pixels.</summary>
    [Range(1, 100_000_000)]
    public long MinPixels { get; init; } = 96 * 96;

    /// <summary>Larger images are reduced to this area.</summary>
    [Range(1, 100_000_000)]
    public long MaxPixels { get; init; } = 96 * 96;

    internal ImageProcessorOptions Processor =>
        new() { MinPixels = MinPixels, MaxPixels = MaxPixels, PatchSize = PatchSize, TemporalPatchSize = TemporalPatchSize, MergeSize = MergeSize };

    internal Qwen25VisionConfig ToConfig(int outHiddenSize, double initializerRange) => new()
    {
        HiddenSize = HiddenSize, IntermediateSize = IntermediateSize, Depth = Depth, Heads = Heads, OutHiddenSize = outHiddenSize, PatchSize = PatchSize,
        TemporalPatchSize = TemporalPatchSize, MergeSize = MergeSize, WindowSize = WindowSize, InitializerRange = initializerRange,
        FullAttentionBlocks = FullAttentionBlocks ?? [.. Enumerable.Range(0, Depth)],
    };
}
