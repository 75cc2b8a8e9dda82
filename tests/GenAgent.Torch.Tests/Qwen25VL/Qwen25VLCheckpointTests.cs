using System.Text.Json.Nodes;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Qwen25VL;

public sealed class Qwen25VLCheckpointTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_saved_model_is_the_same_model_when_loaded_again(bool tied)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = Tiny.Model(tied);
        Qwen25VLCheckpoint.Save(model, folder.Path);
        using var loaded = Qwen25VLCheckpoint.Load(folder.Path);

        using var batch = Qwen25VLBatch.Create(model.Config, [new Qwen25VLSequence([5, 6, 7, 8], [])]);
        Compare.Floats(loaded.Forward(batch)).ShouldBe(Compare.Floats(model.Forward(batch)));
    }

    [Fact]
    public void A_saved_model_has_the_names_that_published_checkpoints_have()
    {
        Recorded.Each(QwenCase.All().Where(one => !one.IsAdapter), one =>
        {
            using var folder = new TemporaryFolder();
            using var model = Qwen25VLCheckpoint.Load(one.ModelFolder, ScalarType.BFloat16);
            Qwen25VLCheckpoint.Save(model, folder.Path);
            using var source = WeightSource.Open(folder.Path);
            source.Entries.Keys.ShouldContain("visual.patch_embed.proj.weight");
            source.Entries.Keys.ShouldContain("model.layers.0.self_attn.q_proj.bias");
            source.Entries.ContainsKey("lm_head.weight").ShouldBe(!one.Config.TieWordEmbeddings);
            source.Entries.Values.ShouldAllBe(entry => entry.Type == SafetensorsType.BF16);
            Qwen25VLConfig.Load(folder.Path).DType.ShouldBe("bfloat16");
        });
    }

    [Fact]
    public void Both_layouts_of_the_configuration_describe_one_model()
    {
        Recorded.Each(GoldenRoot.Cases("qwen2_5_vl", "config.save_pretrained.json"), file =>
        {
            var beside = Path.Combine(Path.GetDirectoryName(file)!, Qwen25VLConfig.FileName);
            Assert.SkipUnless(File.Exists(beside), "no flat configuration beside it");
            var (flat, nested) = (Qwen25VLConfig.Load(beside), Qwen25VLConfig.Load(file));
            nested.Text.MRopeSections.ShouldBe(flat.Text.MRopeSections);
            nested.Vision.FullAttentionBlocks.ShouldBe(flat.Vision.FullAttentionBlocks);
            (nested with
            {
                Text = nested.Text with { MRopeSections = flat.Text.MRopeSections },
                Vision = nested.Vision with { FullAttentionBlocks = flat.Vision.FullAttentionBlocks },
            }).ShouldBe(flat);
        });
    }

    [Fact]
    public void What_does_not_fit_is_told_at_once_and_in_full()
    {
        using var folder = new TemporaryFolder();
        using (var model = Tiny.Model())
        {
            Qwen25VLCheckpoint.Save(model, folder.Path);
        }

        Edit(folder.Path, json => (json["num_hidden_layers"], json["vocab_size"]) = (3, 65));
        var fault = Should.Throw<WeightMismatchException>(() => Qwen25VLCheckpoint.Load(folder.Path));
        fault.Missing.Count.ShouldBe(12);
        fault.ShapeMismatches.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("num_key_value_heads", "3", "which does not divide \"num_attention_heads\" 4")]
    [InlineData("hidden_size", "\"wide\"", "\"hidden_size\" is \"wide\", but must be a whole number")]
    [InlineData("vocab_size", "0", "\"vocab_size\" is 0, but must be 1")]
    [InlineData("rope_scaling", "{\"type\":\"yarn\"}", "\"yarn\" is not supported")]
    [InlineData("hidden_act", "\"gelu\"", "only silu")]
    [InlineData("use_sliding_window", "true", "not supported")]
    [InlineData("layer_types", "[\"full_attention\",\"sliding_attention\"]", "without full attention")]
    [InlineData("image_token_id", "64", "outside the vocabulary of 64")]
    [InlineData("vision_config", "7", "\"vision_config\" must be an object")]
    [InlineData("model_type", "\"llama\"", "qwen2_5_vl is expected")]
    public void A_wrong_configuration_is_refused_with_file_and_field(string field, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        using (var model = Tiny.Model())
        {
            Qwen25VLCheckpoint.Save(model, folder.Path);
        }

        Edit(folder.Path, json => json[field] = JsonNode.Parse(value));
        var message = Should.Throw<InvalidDataException>(() => Qwen25VLConfig.Load(folder.Path)).Message;
        message.ShouldContain(expected);
        message.ShouldContain(Qwen25VLConfig.FileName);
    }

    [Fact]
    public void A_damaged_configuration_gives_a_model_shape_or_a_clear_error()
    {
        var random = new Random(5);
        using var folder = new TemporaryFolder();
        foreach (var file in GoldenRoot.Cases("qwen2_5_vl", "config*.json"))
        {
            var original = File.ReadAllBytes(file);
            for (var i = 0; i < 500; i++)
            {
                var bytes = (byte[])original.Clone();
                for (var change = random.Next(1, 4); change > 0; change--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
                }

                var damaged = Path.Combine(folder.Path, "config.json");
                File.WriteAllBytes(damaged, bytes);
                try
                {
                    Qwen25VLConfig.Load(damaged).Text.HiddenSize.ShouldBeGreaterThan(0);
                }
                catch (InvalidDataException)
                {
                }
            }
        }
    }

    private static void Edit(string folder, Action<JsonObject> change)
    {
        var file = Path.Combine(folder, Qwen25VLConfig.FileName);
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
