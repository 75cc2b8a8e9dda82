using System.Text.Json;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>
/// Reads <c>config.json</c> in both layouts: text fields at the top level (published), or below <c>text_config</c> (transformers 5). A missing field has
/// the default of transformers' class, because saving omits default values (configuration_qwen2_5_vl.py).
/// </summary>
internal static class Qwen25VLConfigReader
{
    public static Qwen25VLConfig Load(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(ModelFile.ReadJson(file));
            var config = Read(document.RootElement);
            Qwen25VLConfigRules.Check(config);
            return config;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or InvalidDataException or OverflowException)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }
    }

    private static Qwen25VLConfig Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("a JSON object is expected.");
        }

        if (Text(root, "model_type") is { } type and not "qwen2_5_vl")
        {
            throw new InvalidDataException($"\"model_type\" is \"{type}\", but a qwen2_5_vl is expected.");
        }

        QuantizedCheckpoint.Refuse(root);
        var text = Section(root, "text_config") ?? root;
        var vision = Section(root, "vision_config") ?? throw new InvalidDataException("\"vision_config\" is missing.");
        return new Qwen25VLConfig
        {
            Text = ReadText(text),
            Vision = ReadVision(vision),
            ImageTokenId = Int(root, "image_token_id") ?? 151655,
            VideoTokenId = Int(root, "video_token_id") ?? 151656,
            VisionStartTokenId = Int(root, "vision_start_token_id") ?? 151652,
            VisionEndTokenId = Int(root, "vision_end_token_id") ?? 151653,
            TieWordEmbeddings = Bool(root, "tie_word_embeddings") ?? Bool(text, "tie_word_embeddings") ?? false,
            MayTie = Bool(root, "tie_word_embeddings") is true || Bool(text, "tie_word_embeddings") is true,
            DType = Text(root, "dtype") ?? Text(root, "torch_dtype") ?? Text(text, "dtype"),
        };
    }

    private static Qwen25TextConfig ReadText(JsonElement json)
    {
        RequireSilu(json);
        if (Bool(json, "use_sliding_window") == true)
        {
            throw new InvalidDataException("\"use_sliding_window\" is true, which is not supported: no published Qwen2.5-VL uses it.");
        }

        if (json.TryGetProperty("layer_types", out var types) && types.ValueKind == JsonValueKind.Array
            && types.EnumerateArray().Any(type => type.ValueKind != JsonValueKind.String || !type.ValueEquals("full_attention")))
        {
            throw new InvalidDataException("\"layer_types\" has layers without full attention, which are not supported: no published Qwen2.5-VL has them.");
        }

        var rope = Section(json, "rope_parameters") ?? Section(json, "rope_scaling");
        if (rope is { } scaling && (Text(scaling, "rope_type") ?? Text(scaling, "type")) is { } kind && kind is not ("default" or "mrope"))
        {
            throw new InvalidDataException($"rotary scaling \"{kind}\" is not supported: remove it, or use default or mrope.");
        }

        var (hidden, heads) = (Int(json, "hidden_size") ?? 8192, Int(json, "num_attention_heads") ?? 64);
        var headSize = Int(json, "head_dim") ?? (heads > 0 ? hidden / heads : 0);
        return new Qwen25TextConfig
        {
            HiddenSize = hidden,
            IntermediateSize = Int(json, "intermediate_size") ?? 29568,
            Layers = Int(json, "num_hidden_layers") ?? 80,
            Heads = heads,
            KeyValueHeads = Int(json, "num_key_value_heads") ?? (json.TryGetProperty("num_key_value_heads", out _) ? heads : 8),
            VocabularySize = Int(json, "vocab_size") ?? 152064,
            HeadSize = headSize,
            MRopeSections = (rope is { } section ? Ints(section, "mrope_section") : null) ?? DefaultSections(headSize),
            RopeTheta = (rope is { } theta ? Double(theta, "rope_theta") : null) ?? Double(json, "rope_theta") ?? 1_000_000,
            RmsNormEps = Double(json, "rms_norm_eps") ?? 1e-5,
            MaxPositions = Int(json, "max_position_embeddings") ?? 32768,
            InitializerRange = Double(json, "initializer_range") ?? 0.02,
        };
    }

    private static Qwen25VisionConfig ReadVision(JsonElement json)
    {
        RequireSilu(json);
        return new Qwen25VisionConfig
        {
            HiddenSize = Int(json, "hidden_size") ?? 3584,
            IntermediateSize = Int(json, "intermediate_size") ?? 3420,
            Depth = Int(json, "depth") ?? 32,
            Heads = Int(json, "num_heads") ?? 16,
            OutHiddenSize = Int(json, "out_hidden_size") ?? 3584,
            Channels = Int(json, "in_channels") ?? Int(json, "in_chans") ?? 3,
            PatchSize = Int(json, "patch_size") ?? 14,
            TemporalPatchSize = Int(json, "temporal_patch_size") ?? 2,
            MergeSize = Int(json, "spatial_merge_size") ?? 2,
            WindowSize = Int(json, "window_size") ?? 112,
            FullAttentionBlocks = Ints(json, "fullatt_block_indexes") ?? [7, 15, 23, 31],
            InitializerRange = Double(json, "initializer_range") ?? 0.02,
        };
    }

    /// <summary>The split of the reference's 64 frequencies, 16 : 24 : 24, for a head that names none.</summary>
    private static int[] DefaultSections(int headSize) => [headSize / 8, headSize * 3 / 16, (headSize / 2) - (headSize / 8) - (headSize * 3 / 16)];

    private static void RequireSilu(JsonElement json)
    {
        if (Text(json, "hidden_act") is { } activation and not "silu")
        {
            throw new InvalidDataException($"\"hidden_act\" is \"{activation}\", but only silu is supported.");
        }
    }

    private static JsonElement? Find(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static JsonElement? Section(JsonElement json, string name) =>
        Find(json, name) is not { } value ? null
            : value.ValueKind == JsonValueKind.Object ? value
            : throw new InvalidDataException($"\"{name}\" must be an object.");

    private static string? Text(JsonElement json, string name) => Typed(json, name, "text", value => value.GetString());

    private static bool? Bool(JsonElement json, string name) => Typed<bool?>(json, name, "true or false", value => value.GetBoolean());

    private static int? Int(JsonElement json, string name) => Typed<int?>(json, name, "a whole number", value => value.GetInt32());

    private static double? Double(JsonElement json, string name) => Typed<double?>(json, name, "a number", value => value.GetDouble());

    private static int[]? Ints(JsonElement json, string name) =>
        Typed(json, name, "a list of whole numbers", value => value.EnumerateArray().Select(item => item.GetInt32()).ToArray());

    private static T? Typed<T>(JsonElement json, string name, string wanted, Func<JsonElement, T?> read)
    {
        if (Find(json, name) is not { } value)
        {
            return default;
        }

        try
        {
            return read(value);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"\"{name}\" is {value.GetRawText()}, but must be {wanted}.", error);
        }
    }
}
