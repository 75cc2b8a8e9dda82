using GenAgent.Torch.Qwen25VL;

namespace GenAgent.Torch.Tests.Qwen25VL;

/// <summary>A model small enough to be built in every test that needs any model.</summary>
internal static class Tiny
{
    public const int ImagePad = 60;

    public static Qwen25VLConfig Config(bool tied = false) => new()
    {
        Text = new Qwen25TextConfig
        {
            HiddenSize = 32,
            IntermediateSize = 48,
            Layers = 2,
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 8,
            VocabularySize = 64,
            MRopeSections = [2, 1, 1],
            RmsNormEps = 1e-6,
            InitializerRange = 0.15,
            MaxPositions = 1024,
        },
        Vision = new Qwen25VisionConfig
        {
            HiddenSize = 16,
            IntermediateSize = 24,
            Depth = 2,
            Heads = 2,
            OutHiddenSize = 32,
            WindowSize = 56,
            FullAttentionBlocks = [1],
            InitializerRange = 0.15,
        },
        ImageTokenId = ImagePad,
        VideoTokenId = 61,
        VisionStartTokenId = 62,
        VisionEndTokenId = 63,
        TieWordEmbeddings = tied,
    };

    public static Qwen25VLModel Model(bool tied = false, ulong seed = 1)
    {
        var model = new Qwen25VLModel(Config(tied));
        model.Initialize(seed);
        return model;
    }
}
