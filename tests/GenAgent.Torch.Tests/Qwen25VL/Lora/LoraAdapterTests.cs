using GenAgent.TestKit.Golden;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Qwen25VL.Lora;

public sealed class LoraAdapterTests
{
    public static TheoryData<string, string> Adapters()
    {
        var data = new TheoryData<string, string>();
        foreach (var one in QwenCase.All().Where(one => one.IsAdapter))
        {
            foreach (var file in Directory.GetFiles(one.Folder, "adapter_model*.safetensors"))
            {
                data.Add(one.Folder, Path.GetFileName(file));
            }
        }

        if (data.Count == 0) data.Add(string.Empty, string.Empty);

        return data;
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void An_adapter_changes_the_logits_as_in_the_reference_beside_and_merged(string folder, string file)
    {
        var (one, origin) = Cases(folder);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
        var before = Compare.Floats(model.Language.Layers[0].Attention.Query.Weight);
        using var adapter = LoraAdapter.Load(model, folder, Path.Combine(folder, file));
        Recorded.Each(one.Scenarios.Where(name => one.Expected.Has($"{name}.logits_unmerged")), scenario =>
        {
            using var batch = origin.Batch(scenario);
            Compare.Close(one.Expected.Floats($"{scenario}.logits_unmerged"), model.Forward(batch), "beside");
            adapter.Merge();
            if (one.Expected.Has($"{scenario}.logits_merged")) Compare.Close(one.Expected.Floats($"{scenario}.logits_merged"), model.Forward(batch), "merged");
            adapter.Unmerge();
            Compare.Close(one.Expected.Floats($"{scenario}.logits_unmerged"), model.Forward(batch), "unmerged again");
        });

        Compare.Floats(model.Language.Layers[0].Attention.Query.Weight).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void An_adapter_is_trained_as_in_the_reference_and_the_model_is_not(string folder, string file)
    {
        var (one, origin) = Cases(folder);
        if (!one.Expected.Has("train.loss") || !File.Exists(Path.Combine(folder, "train_adapter_grads.safetensors")))
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
        using var adapter = LoraAdapter.Load(model, folder, Path.Combine(folder, file));
        using var batch = origin.Batch("train");
        var labels = tensor(origin.Expected.Longs("train.labels"), [.. origin.Expected.Shape("train.labels")]);
        using var optimizer = optim.AdamW(adapter.Parameters.Values, lr: 1e-3, weight_decay: 0.01);
        var loss = model.Loss(batch, labels);
        loss.item<float>().ShouldBe((float)one.Expected.Doubles("train.loss")[0], 1e-4f);
        loss.backward();
        var gradients = GoldenTensors.Load(Path.Combine(folder, "train_adapter_grads.safetensors"));
        foreach (var (name, parameter) in adapter.Parameters)
        {
            if (Find(gradients, name) is { } key)
            {
                Compare.RelativeError(gradients.Floats(key), Compare.Floats(parameter.grad!)).ShouldBeLessThan(1e-4, name);
            }
        }

        model.parameters().ShouldAllBe(parameter => ReferenceEquals(parameter.grad, null));
        optimizer.step();
        var stepped = Path.Combine(folder, "train_adapter_params_step1.safetensors");
        foreach (var (name, parameter) in File.Exists(stepped)
            ? adapter.Parameters
            : new Dictionary<string, TorchSharp.Modules.Parameter>(StringComparer.Ordinal))
        {
            var recorded = GoldenTensors.Load(stepped);
            if (Find(recorded, name) is { } key) Compare.Close(recorded.Floats(key), parameter, name, absolute: 2e-5);
        }

        using var noGrad = no_grad();
        if (one.Expected.Has("train.loss_after_step1"))
        {
            model.Loss(batch, labels).item<float>().ShouldBe((float)one.Expected.Doubles("train.loss_after_step1")[0], 1e-4f);
        }
    }

    private static string? Find(GoldenTensors tensors, string name)
    {
        const string Prefix = "base_model.model.";
        string[] names =
        [
            name,
            Prefix + Qwen25VLCheckpoint.ToPublishedName(name[Prefix.Length..]),
            name.Replace(".weight", ".default.weight", StringComparison.Ordinal)
        ];
        return names.FirstOrDefault(tensors.Has);
    }

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_survives_saving()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model();
        using var batch = Qwen25VLBatch.Create(model.Config, [new Qwen25VLSequence([5, 6, 7, 8], [])]);
        var plain = Compare.Floats(model.Forward(batch));
        using var own = new TemporaryFolder();
        var folder = own.Path;
        float[] adapted;
        using (var adapter = LoraAdapter.Create(model, new LoraOptions { Rank = 2, Alpha = 4, TargetModules = ["q_proj", "down_proj"] }, seed: 3))
        {
            Compare.Floats(model.Forward(batch)).ShouldBe(plain);
            model.Loss(batch, batch.Ids).backward();
            using (no_grad())
            {
                foreach (var parameter in adapter.Parameters.Values)
                {
                    parameter.PlusInPlace(0.1);
                }
            }

            adapted = Compare.Floats(model.Forward(batch));
            adapted.ShouldNotBe(plain);
            adapter.Save(folder);
        }

        Compare.Floats(model.Forward(batch)).ShouldBe(plain);
        model.parameters().ShouldAllBe(parameter => parameter.requires_grad);
        using var loaded = LoraAdapter.Load(model, folder);
        Compare.Floats(model.Forward(batch)).ShouldBe(adapted);
    }

    [Fact]
    public void A_second_adapter_on_one_model_is_refused()
    {
        using var model = Tiny.Model();
        using var adapter = LoraAdapter.Create(model, new LoraOptions(), seed: 1);
        Should.Throw<ArgumentException>(() => LoraAdapter.Create(model, new LoraOptions(), seed: 2)).Message.ShouldContain("already");
    }

    private static (QwenCase Adapter, QwenCase Base) Cases(string folder)
    {
        var adapter = QwenCase.Open(folder);
        return (adapter, adapter.Origin);
    }

    [Fact]
    public void Patterns_of_rank_and_alpha_are_regular_expressions_over_both_names_of_a_layer()
    {
        var options = new LoraOptions
        {
            Rank = 4, Alpha = 8,
            RankPattern = new Dictionary<string, int>(StringComparer.Ordinal)
            {
                ["layers\\.0\\..*q_proj"] = 2,
                ["k_proj|v_proj"] = 3,
                ["^model\\.layers\\.1\\.self_attn\\.q_proj"] = 6,
                ["o"] = 99
            },
            AlphaPattern = new Dictionary<string, double>(StringComparer.Ordinal) { ["layers\\.[01]\\.self_attn\\.(q|k)_proj"] = 12 },
        };

        options.RankOf("model.language_model.layers.0.self_attn.q_proj").ShouldBe(2);
        options.RankOf("model.language_model.layers.1.self_attn.q_proj").ShouldBe(6, "by the name that older versions have");
        options.RankOf("model.language_model.layers.2.self_attn.q_proj").ShouldBe(4);
        options.RankOf("model.language_model.layers.2.self_attn.v_proj").ShouldBe(3);
        options.RankOf("model.language_model.layers.2.self_attn.o_proj").ShouldBe(4);
        options.ScaleOf("model.language_model.layers.1.self_attn.k_proj", 3).ShouldBe(4);
        options.ScaleOf("model.language_model.layers.2.self_attn.k_proj", 4).ShouldBe(2);
    }

    [Theory]
    [InlineData("\"use_dora\": true", "\"use_dora\" asks for a kind of adapter that is not supported")]
    [InlineData("\"lora_bias\": true", "\"lora_bias\" asks for a kind of adapter that is not supported")]
    [InlineData("\"init_lora_weights\": \"pissa\"", "\"init_lora_weights\" is \"pissa\", so the adapter is for weights that PEFT changed")]
    [InlineData("\"init_lora_weights\": \"corda\"", "\"init_lora_weights\" is \"corda\"")]
    [InlineData("\"alpha_pattern\": {\"(\": 2}", "the pattern \"(\" is no regular expression")]
    public void Settings_that_cannot_be_followed_are_refused_by_name(string setting, string why)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(LoraOptions.FileName), $"{{\"peft_type\": \"LORA\", \"r\": 2, {setting}}}");
        Should.Throw<InvalidDataException>(() => LoraOptions.Load(folder.Path)).Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("\"gaussian\"")]
    [InlineData("\"eva\"")]
    public void An_adapter_that_began_beside_the_unchanged_weights_is_read(string way)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(LoraOptions.FileName), $"{{\"peft_type\": \"LORA\", \"r\": 2, \"init_lora_weights\": {way}}}");
        LoraOptions.Load(folder.Path).Rank.ShouldBe(2);
    }
}
