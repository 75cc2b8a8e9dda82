namespace GenAgent.Torch.Qwen25VL;

/// <summary>How the numbers of a configuration must fit together.</summary>
internal static class Qwen25VLConfigRules
{
    private const int LargestSize = 1 << 24;

    // Twelve times the largest published number: each layer takes memory before any weight is read.
    private const int MostLayers = 1000;

    /// <summary>Checks them all.</summary>
    /// <exception cref="InvalidDataException">Two fields contradict each other, or one is out of range.</exception>
    public static void Check(Qwen25VLConfig config)
    {
        CheckText(config.Text);
        CheckVision(config.Vision);
        Require(
            config.Vision.OutHiddenSize == config.Text.HiddenSize,
            $"\"out_hidden_size\" of the vision tower is {config.Vision.OutHiddenSize}, but the language model's \"hidden_size\" is {config.Text.HiddenSize}: "
                + "they must be equal.");
        foreach (var id in config.VisionTokenIds)
        {
            Require(id >= 0 && id < config.Text.VocabularySize, $"the vision token id {id} is outside the vocabulary of {config.Text.VocabularySize}.");
        }
    }

    private static void CheckText(Qwen25TextConfig text)
    {
        Positive(text.HiddenSize, "hidden_size");
        Positive(text.IntermediateSize, "intermediate_size");
        Positive(text.Layers, "num_hidden_layers", MostLayers);
        Positive(text.Heads, "num_attention_heads");
        Positive(text.KeyValueHeads, "num_key_value_heads");
        Positive(text.VocabularySize, "vocab_size");
        Positive(text.HeadSize, "head_dim");
        Positive(text.MaxPositions, "max_position_embeddings");
        Require(
            text.Heads % text.KeyValueHeads == 0,
            $"\"num_key_value_heads\" is {text.KeyValueHeads}, which does not divide \"num_attention_heads\" {text.Heads}.");
        Require(text.HeadSize % 2 == 0, $"a head is {text.HeadSize} wide, but rotary positions need an even width.");
        Require(
            text.MRopeSections.Count == 3 && text.MRopeSections.All(section => section >= 0) && text.MRopeSections.Sum() == text.HeadSize / 2,
            $"\"mrope_section\" is [{string.Join(", ", text.MRopeSections)}], but must be three numbers that sum to {text.HeadSize / 2}, half the width of a "
                + "head.");
        Require(text.RopeTheta > 0, $"\"rope_theta\" is {text.RopeTheta}, but must be above 0.");
        Require(text.RmsNormEps >= 0, $"\"rms_norm_eps\" is {text.RmsNormEps}, but must be 0 or more.");
    }

    private static void CheckVision(Qwen25VisionConfig vision)
    {
        Positive(vision.HiddenSize, "hidden_size");
        Positive(vision.IntermediateSize, "intermediate_size");
        Positive(vision.Depth, "depth", MostLayers);
        Positive(vision.Heads, "num_heads");
        Positive(vision.OutHiddenSize, "out_hidden_size");
        Positive(vision.Channels, "in_channels");
        Positive(vision.PatchSize, "patch_size");
        Positive(vision.TemporalPatchSize, "temporal_patch_size");
        Positive(vision.MergeSize, "spatial_merge_size");
        Require(
            vision.HiddenSize % vision.Heads == 0,
            $"\"num_heads\" of the vision tower is {vision.Heads}, which does not divide its \"hidden_size\" {vision.HiddenSize}.");
        Require(
            vision.HeadSize % 4 == 0,
            $"a head of the vision tower is {vision.HeadSize} wide, but rotary positions over rows and columns need a multiple of 4.");
        Require(
            vision.WindowFeatures >= 1,
            $"\"window_size\" is {vision.WindowSize}, smaller than one merged patch of {(long)vision.PatchSize * vision.MergeSize} pixels.");
        Require(
            vision.FullAttentionBlocks.All(block => block >= 0 && block < vision.Depth),
            $"\"fullatt_block_indexes\" is [{string.Join(", ", vision.FullAttentionBlocks)}], but the tower has {vision.Depth} blocks.");
    }

    private static void Positive(int value, string field, int most = LargestSize) =>
        Require(value >= 1 && value <= most, $"\"{field}\" is {value}, but must be 1 to {most}.");

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidDataException(message);
        }
    }
}
