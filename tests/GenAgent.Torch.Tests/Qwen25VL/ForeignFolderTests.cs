using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Backends;
using GenAgent.Torch.Tests.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Qwen25VL;

/// <summary>Folders as other programs and other versions of the same save them.</summary>
public sealed class ForeignFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_published_32B_which_leaves_out_what_is_the_class_default_is_read()
    {
        var config = Config("""
            {"architectures": ["Qwen2_5_VLForConditionalGeneration"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 5120,
             "image_token_id": 151655, "initializer_range": 0.02, "intermediate_size": 27648, "max_position_embeddings": 128000, "max_window_layers": 64, "model_type": "qwen2_5_vl",
             "num_attention_heads": 40, "num_hidden_layers": 64, "num_key_value_heads": 8, "pad_token_id": 151643, "rms_norm_eps": 1e-06,
             "rope_scaling": {"mrope_section": [16, 24, 24], "rope_type": "default", "type": "default"}, "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": false,
             "torch_dtype": "bfloat16", "use_cache": true, "use_sliding_window": false, "video_token_id": 151656,
             "vision_config": {"hidden_size": 1280, "in_chans": 3, "intermediate_size": 3456, "model_type": "qwen2_5_vl", "out_hidden_size": 5120, "spatial_patch_size": 14, "tokens_per_second": 2, "torch_dtype": "bfloat16"},
             "vision_end_token_id": 151653, "vision_start_token_id": 151652, "vision_token_id": 151654, "vocab_size": 152064}
            """);
        (config.Vision.Depth, config.Vision.Heads, config.Vision.HeadSize, config.Vision.PatchSize, config.Vision.WindowSize).ShouldBe((32, 16, 80, 14, 112));
        config.Vision.FullAttentionBlocks.ShouldBe([7, 15, 23, 31]);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_checkpoint_without_a_head_is_tied_where_the_root_or_the_language_models_section_says_so(bool root, bool text)
    {
        TinyQwenFolder.Write(_folder.Path);
        var file = _folder.File("config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config["text_config"] = config.DeepClone();
        config["tie_word_embeddings"] = root;
        config["text_config"]!["tie_word_embeddings"] = text;
        File.WriteAllText(file, config.ToJsonString());

        using var model = Qwen25VLCheckpoint.Load(_folder.Path);

        model.Config.TieWordEmbeddings.ShouldBeTrue();
    }

    [Fact]
    public void A_fine_tune_of_the_72B_that_names_none_of_the_language_models_defaults_is_read()
    {
        var text = Config("""{"model_type": "qwen2_5_vl", "vision_config": {"hidden_size": 1280, "intermediate_size": 3456, "out_hidden_size": 8192}}""").Text;
        (text.HiddenSize, text.IntermediateSize, text.Layers, text.Heads, text.KeyValueHeads, text.VocabularySize, text.RopeTheta, text.RmsNormEps).ShouldBe(
            (8192, 29568, 80, 64, 8, 152064, 1_000_000, 1e-5));
        text.MRopeSections.ShouldBe([16, 24, 24]);
        Config("""{"num_attention_heads": 16, "num_key_value_heads": null, "hidden_size": 2048, "vision_config": {"hidden_size": 1280, "out_hidden_size": 2048}}""").Text.KeyValueHeads.ShouldBe(
            16);
    }

    [Theory]
    [InlineData("preprocessor_config.json", """{"min_pixels": 3136, "max_pixels": 9216, "patch_size": 8, "rescale_factor": null}""")]
    [InlineData("preprocessor_config.json", """{"size": {"min_pixels": 3136, "max_pixels": 9216}, "patch_size": 8}""")]
    [InlineData(
        "preprocessor_config.json",
        """{"size": {"shortest_edge": 3136, "longest_edge": 9216}, "patch_size": 8, "resample": 3, "min_pixels": null, "max_pixels": null}""")]
    [InlineData(
        "processor_config.json",
        """{"image_processor": {"size": {"shortest_edge": 3136, "longest_edge": 9216}, "patch_size": 8}, "video_processor": {"patch_size": 99}, "processor_class": "Qwen2_5_VLProcessor"}""")]
    public void Image_settings_of_any_version_are_read_with_and_without_a_byte_order_mark(string name, string json)
    {
        foreach (var mark in new[] { false, true })
        {
            File.WriteAllText(_folder.File(name), json, new UTF8Encoding(mark));
            var options = ImageProcessorOptions.Load(_folder.Path);
            (options.MinPixels, options.MaxPixels, options.PatchSize, options.RescaleFactor).ShouldBe((3136, 9216, 8, 1 / 255.0));
        }
    }

    [Fact]
    public void Both_files_beside_each_other_are_read_as_transformers_5_reads_them()
    {
        File.WriteAllText(_folder.File("preprocessor_config.json"), """{"patch_size": 14}""");
        File.WriteAllText(_folder.File("processor_config.json"), """{"processor_class": "Qwen2_5_VLProcessor"}""");
        ImageProcessorOptions.Load(_folder.Path).PatchSize.ShouldBe(14);
        File.WriteAllText(_folder.File("processor_config.json"), """{"image_processor": {"patch_size": 16}}""");
        ImageProcessorOptions.Load(_folder.Path).PatchSize.ShouldBe(16);
        File.Delete(_folder.File("processor_config.json"));
        File.Delete(_folder.File("preprocessor_config.json"));
        Should.Throw<FileNotFoundException>(() => ImageProcessorOptions.Load(_folder.Path)).Message
            .ShouldContain("neither preprocessor_config.json nor a processor_config.json");
    }

    [Theory]
    [InlineData("""{"do_resize": false}""", "\"do_resize\" is false")]
    [InlineData("""{"resample": 2}""", "\"resample\" is 2")]
    public void Image_settings_that_would_silently_give_other_images_are_refused(string json, string why)
    {
        File.WriteAllText(_folder.File("preprocessor_config.json"), json);
        Should.Throw<InvalidDataException>(() => ImageProcessorOptions.Load(_folder.Path)).Message.ShouldContain(why);
    }

    [Fact]
    public void Image_settings_that_do_not_fit_the_model_fail_when_it_is_loaded_and_not_at_the_first_image()
    {
        TinyQwenFolder.Write(_folder.Path);
        File.WriteAllText(_folder.File("processor_config.json"), """{"image_processor": {"patch_size": 8}}""");
        Should.Throw<InvalidDataException>(() => TorchChatClient.Load(_folder.Path)).Message.ShouldContain("images are cut into patches of 384 values");
    }

    [Theory]
    [InlineData("awq", "quantized by AWQ")]
    [InlineData("gptq", "quantized by GPTQ")]
    [InlineData("bitsandbytes", "quantized by bitsandbytes")]
    [InlineData("newest", "quantized by newest")]
    public void A_quantized_checkpoint_is_named_for_what_it_is(string method, string why)
    {
        TinyQwenFolder.Write(_folder.Path);
        Edit("config.json", json => json["quantization_config"] = new JsonObject { ["quant_method"] = method, ["bits"] = 4 });
        Should.Throw<InvalidDataException>(() => Qwen25VLCheckpoint.Load(_folder.Path)).Message.ShouldContain(why);
    }

    [Fact]
    public void Packed_weights_without_a_word_in_the_configuration_are_named_too()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model();
        SafetensorsWriter.Write(
            _folder.File("model.safetensors"),
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["model.layers.0.self_attn.q_proj.qweight"] = zeros(2, 2, dtype: ScalarType.Int32) });
        using var source = WeightSource.Open(_folder.Path);
        Should.Throw<WeightMismatchException>(() => Qwen25VLCheckpoint.Load(Tiny.Config(), source)).Message.ShouldContain("as AWQ and GPTQ pack them");
    }

    [Fact]
    public void A_git_lfs_pointer_is_named_in_every_file_of_a_folder()
    {
        const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize "
            + "4932307584\n";
        foreach (var name in new[] { "model.safetensors", "config.json", "tokenizer.json" })
        {
            TinyQwenFolder.Write(_folder.Path);
            File.WriteAllText(_folder.File(name), Pointer);
            Should.Throw<Exception>(() => TorchChatClient.Load(_folder.Path)).Message.ShouldContain("git-lfs pointer", customMessage: name);
        }
    }

    [Fact]
    public void Metadata_that_is_null_is_as_none()
    {
        File.WriteAllBytes(
            _folder.File("a.safetensors"),
            RawFile.Bytes("""{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", BitConverter.GetBytes(2f)));
        using var file = SafetensorsFile.Open(_folder.File("a.safetensors"));
        file.Metadata.ShouldBeEmpty();
        file.Entries.Keys.ShouldBe(["a"]);
    }

    [Theory]
    [InlineData("num_hidden_layers", 100_000)]
    [InlineData("num_hidden_layers", 999)]
    [InlineData("hidden_size", 16_000_000)]
    [InlineData("vocab_size", 16_000_000)]
    public void A_configuration_that_declares_more_than_the_weights_hold_costs_no_memory(string field, int value)
    {
        TinyQwenFolder.Write(_folder.Path);
        Edit("config.json", json => json[field] = value);
        if (field is "hidden_size") Edit("config.json", json => json["vision_config"]!["out_hidden_size"] = value);
        var before = Environment.WorkingSet;

        var fault = Should.Throw<Exception>(() => Qwen25VLCheckpoint.Load(_folder.Path));

        (fault is InvalidDataException or WeightMismatchException).ShouldBeTrue(fault.ToString());
        (Environment.WorkingSet - before).ShouldBeLessThan(500L << 20);
    }

    private Qwen25VLConfig Config(string json)
    {
        File.WriteAllText(_folder.File("config.json"), json);
        return Qwen25VLConfig.Load(_folder.Path);
    }

    private void Edit(string name, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(_folder.File(name)))!.AsObject();
        change(json);
        File.WriteAllText(_folder.File(name), json.ToJsonString());
    }
}
