namespace GenAgent.Torch.Qwen25VL;

/// <summary>The shape of a Qwen2.5-VL model, as its <c>config.json</c> states it. Valid by construction when read with <see cref="Load"/>.</summary>
public sealed record Qwen25VLConfig
{
    /// <summary>The name of the file in a checkpoint's folder.</summary>
    public const string FileName = "config.json";

    /// <summary>The language model.</summary>
    public required Qwen25TextConfig Text { get; init; }

    /// <summary>The vision tower.</summary>
    public required Qwen25VisionConfig Vision { get; init; }

    /// <summary>The token that stands for one image feature.</summary>
    public int ImageTokenId { get; init; } = 151655;

    /// <summary>The token that stands for one video feature.</summary>
    public int VideoTokenId { get; init; } = 151656;

    /// <summary>The token before an image.</summary>
    public int VisionStartTokenId { get; init; } = 151652;

    /// <summary>The token after an image.</summary>
    public int VisionEndTokenId { get; init; } = 151653;

    /// <summary>Whether the output head is the embedding table itself.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the root or the language model's section says that the head is the embedding table.</summary>
    internal bool MayTie { get; init; }

    /// <summary>The dtype that the checkpoint was saved in, as <c>bfloat16</c>; null when it does not say.</summary>
    public string? DType { get; init; }

    /// <summary>Ids that only images may insert into a conversation: the language model must never sample them.</summary>
    public IReadOnlyList<int> VisionTokenIds => [VisionStartTokenId, VisionEndTokenId, ImageTokenId, VideoTokenId];

    /// <summary>Reads a checkpoint's configuration, in the flat layout of the published checkpoints or the nested one of transformers 5.</summary>
    /// <param name="path">The file, or the checkpoint's folder.</param>
    /// <returns>The configuration, checked.</returns>
    /// <exception cref="InvalidDataException">A field is missing, of the wrong type or does not fit the others: the message names file and field.</exception>
    public static Qwen25VLConfig Load(string path) => Qwen25VLConfigReader.Load(Directory.Exists(path) ? Path.Combine(path, FileName) : path);

    /// <summary>Checks that the numbers fit together.</summary>
    /// <exception cref="InvalidDataException">Two fields contradict each other, or one is out of range.</exception>
    public void Check() => Qwen25VLConfigRules.Check(this);
}

/// <summary>The shape of the language model: a decoder with grouped-query attention and M-RoPE.</summary>
public sealed record Qwen25TextConfig
{
    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the gated MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Number of token ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>How the head's frequencies are divided between time, height and width; sums to half of <see cref="HeadSize"/>.</summary>
    public required IReadOnlyList<int> MRopeSections { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 1_000_000;

    /// <summary>Added to the mean square in every norm of the language model.</summary>
    public double RmsNormEps { get; init; } = 1e-5;

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public int MaxPositions { get; init; } = 32768;

    /// <summary>Standard deviation of freshly initialised weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Number of query heads that share one key and value head.</summary>
    public int QueryGroups => Heads / KeyValueHeads;
}

/// <summary>The shape of the vision tower: a transformer over patches with attention inside windows, and in a few blocks over the whole image.</summary>
public sealed record Qwen25VisionConfig
{
    /// <summary>Width of the tower.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the gated MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Depth { get; init; }

    /// <summary>Number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of an image feature; equals the language model's width.</summary>
    public required int OutHiddenSize { get; init; }

    /// <summary>Colour channels.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary>Frames in a patch.</summary>
    public int TemporalPatchSize { get; init; } = 2;

    /// <summary>This many patches a side become one image feature.</summary>
    public int MergeSize { get; init; } = 2;

    /// <summary>Side of an attention window in pixels.</summary>
    public int WindowSize { get; init; } = 112;

    /// <summary>The blocks that attend over the whole image.</summary>
    public IReadOnlyList<int> FullAttentionBlocks { get; init; } = [7, 15, 23, 31];

    /// <summary>Standard deviation of freshly initialised weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Width of a head.</summary>
    public int HeadSize => HiddenSize / Heads;

    /// <summary>Number of values of a patch.</summary>
    public int PatchLength => Channels * TemporalPatchSize * PatchSize * PatchSize;

    /// <summary>Side of an attention window in image features.</summary>
    public int WindowFeatures => WindowSize / PatchSize / MergeSize;
}
