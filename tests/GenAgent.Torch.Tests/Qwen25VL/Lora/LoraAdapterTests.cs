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
        foreach (var scenario in one.Scenarios.Where(name => one.Expected.Has($"{name}.logits_unmerged")))
        {
            using var batch = origin.Batch(scenario);
            Compare.Close(one.Expected.Floats($"{scenario}.logits_unmerged"), model.Forward(batch), "beside");
            adapter.Merge();
            Compare.Close(one.Expected.Floats($"{scenario}.logits_merged"), model.Forward(batch), "merged");
            adapter.Unmerge();
            Compare.Close(one.Expected.Floats($"{scenario}.logits_unmerged"), model.Forward(batch), "unmerged again");
        }

        Compare.Floats(model.Language.Layers[0].Attention.Query.Weight).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void An_adapter_is_trained_as_in_the_reference_and_the_model_is_not(string folder, string file)
    {
        var (one, origin) = Cases(folder);
        if (!one.Expected.Has("train.loss"))
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
            Compare.RelativeError(gradients.Floats(name), Compare.Floats(parameter.grad!)).ShouldBeLessThan(1e-4, name);
        }

        model.parameters().ShouldAllBe(parameter => ReferenceEquals(parameter.grad, null));
        optimizer.step();
        var stepped = GoldenTensors.Load(Path.Combine(folder, "train_adapter_params_step1.safetensors"));
        foreach (var (name, parameter) in adapter.Parameters)
        {
            Compare.Close(stepped.Floats(name), parameter, name, absolute: 2e-5);
        }

        using var noGrad = no_grad();
        model.Loss(batch, labels).item<float>().ShouldBe((float)one.Expected.Doubles("train.loss_after_step1")[0], 1e-4f);
    }

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_survives_saving()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model();
        using var batch = Qwen25VLBatch.Create(model.Config, [new Qwen25VLSequence([5, 6, 7, 8], [])]);
        var plain = Compare.Floats(model.Forward(batch));
        var folder = Directory.CreateTempSubdirectory().FullName;
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
        Directory.Delete(folder, recursive: true);
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
        var all = QwenCase.All().ToList();
        var adapter = all.Single(one => one.Folder == folder);
        return (adapter, all.Single(one => one.Folder == adapter.ModelFolder));
    }
}
