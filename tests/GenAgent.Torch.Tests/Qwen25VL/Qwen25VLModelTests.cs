using GenAgent.TestKit.Golden;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Qwen25VL;

public sealed class Qwen25VLModelTests
{
    public static TheoryData<string, string> Scenarios()
    {
        var data = new TheoryData<string, string>();
        foreach (var (one, scenario) in QwenCase.Models())
        {
            data.Add(one.Folder, scenario);
        }

        if (data.Count == 0) data.Add(string.Empty, string.Empty);
        return data;
    }

    public static TheoryData<string> Trained() =>
        [.. QwenCase.All()
            .Where(one =>
                !one.IsAdapter && one.Expected.Has("train.losses") && one.Scenarios.Contains("train", StringComparer.Ordinal)
                    && File.Exists(Path.Combine(one.Folder, "train_grads.safetensors")))
            .Select(one => one.Folder).OrNone()];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_model_sees_and_says_what_the_reference_does(string folder, string scenario)
    {
        var one = Case(folder);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
        using var batch = one.Batch(scenario);
        if (one.Expected.Has($"{scenario}.logits"))
        {
            var all = model.Forward(batch);
            var logits = where(batch.Mask.unsqueeze(2), all, zeros_like(all));
            Compare.Close(one.Expected.Floats($"{scenario}.logits"), logits, "logits");
        }

        if (one.Expected.Has($"{scenario}.position_ids"))
        {
            batch.Positions.data<long>().ToArray().ShouldBe(one.Expected.Longs($"{scenario}.position_ids"));
            if (one.Expected.Has($"{scenario}.rope_deltas")) batch.RopeDeltas.ShouldBe(one.Expected.Ints($"{scenario}.rope_deltas"));
        }

        model.HiddenStates(batch, (name, states) =>
        {
            if (one.Expected.Has($"{scenario}.{name}"))
            {
                Compare.Close(one.Expected.Floats($"{scenario}.{name}"), states, name);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Scored_tokens_get_the_log_probabilities_of_the_reference(string folder, string scenario)
    {
        var one = Case(folder);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
        using var batch = one.Batch(scenario);
        foreach (var (key, temperature) in new[] { ("logprobs_T1", 1.0), ("logprobs_T0_7", 0.7) })
        {
            if (one.Expected.Has($"{scenario}.{key}"))
            {
                Compare.Close(one.Expected.Floats($"{scenario}.{key}"), model.LogProbs(batch, batch.Mask, temperature), key);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Trained))]
    public void Gradients_and_three_optimizer_steps_are_those_of_the_reference(string folder)
    {
        var one = Case(folder);
        using var scope = NewDisposeScope();
        using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
        using var batch = one.Batch("train");
        var labels = tensor(one.Expected.Longs("train.labels"), [.. one.Expected.Shape("train.labels")]);
        using var optimizer = optim.AdamW(model.parameters(), lr: 1e-3, weight_decay: 0.01);
        var losses = one.Expected.Doubles("train.losses");
        double?[] norms = one.Expected.Has("train.grad_norms")
            ? [.. one.Expected.Doubles("train.grad_norms").Select(norm => (double?)norm)]
            : new double?[losses.Length - 1];
        var gradients = GoldenTensors.Load(Path.Combine(folder, "train_grads.safetensors"));
        for (var step = 0; step < norms.Length; step++)
        {
            optimizer.zero_grad();
            var loss = model.Loss(batch, labels);
            loss.item<float>().ShouldBe((float)losses[step], (float)losses[step] * 1e-5f);
            loss.backward();
            if (norms[step] is { } norm) GradientNorm(model).ShouldBe(norm, norm * 1e-4);
            if (step == 0)
            {
                CheckGradients(model, gradients);
            }

            optimizer.step();
            var file = Path.Combine(folder, $"train_params_step{step + 1}.safetensors");
            if (File.Exists(file))
            {
                CheckParameters(model, GoldenTensors.Load(file), gradients, slack: 2e-3 * (step + 1));
            }
        }

        using var noGrad = no_grad();
        model.Loss(batch, labels).item<float>().ShouldBe((float)losses[^1], (float)losses[^1] * 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Trained))]
    public void Checkpointed_activations_change_no_gradient(string folder)
    {
        var one = Case(folder);
        using var scope = NewDisposeScope();
        using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
        model.UseActivationCheckpointing(true);
        using var batch = one.Batch("train");
        model.Loss(batch, tensor(one.Expected.Longs("train.labels"), [.. one.Expected.Shape("train.labels")])).backward();
        CheckGradients(model, GoldenTensors.Load(Path.Combine(folder, "train_grads.safetensors")));
    }

    [Fact]
    public void A_fresh_model_is_the_same_for_the_same_seed_and_learns_from_nothing()
    {
        var config = Tiny.Config();
        using var scope = NewDisposeScope();
        using var first = new Qwen25VLModel(config);
        using var second = new Qwen25VLModel(config);
        first.Initialize(7);
        second.Initialize(7);
        using var batch = Qwen25VLBatch.Create(config, [new Qwen25VLSequence([5, 6, 7, 8, 9, 5, 6, 7, 8, 9], [])]);
        Compare.Floats(first.Forward(batch)).ShouldBe(Compare.Floats(second.Forward(batch)));

        using var optimizer = optim.AdamW(first.parameters(), lr: 5e-3);
        var labels = batch.Ids.clone();
        var start = first.Loss(batch, labels).item<float>();
        for (var step = 0; step < 20; step++)
        {
            optimizer.zero_grad();
            first.Loss(batch, labels).backward();
            optimizer.step();
        }

        first.Loss(batch, labels).item<float>().ShouldBeLessThan(start / 4);
    }

    [Fact]
    public void A_batch_without_any_label_is_refused_instead_of_giving_nan()
    {
        using var model = Tiny.Model();
        using var batch = Qwen25VLBatch.Create(model.Config, [new Qwen25VLSequence([5, 6, 7], [])]);
        using var labels = Arithmetic.Filled([1, 3], -100, ScalarType.Int64);
        Should.Throw<ArgumentException>(() => model.Loss(batch, labels)).Message.ShouldContain("No token");
    }

    [Fact]
    public void A_model_and_its_adapter_outlive_the_dispose_scope_that_they_were_made_in()
    {
        Qwen25VLModel model;
        LoraAdapter adapter;
        using (NewDisposeScope())
        {
            model = Tiny.Model();
            adapter = LoraAdapter.Create(model, new LoraOptions { Rank = 2 }, seed: 1);
        }

        using (model)
        using (adapter)
        {
            model.parameters().Concat(adapter.Parameters.Values).ShouldAllBe(parameter => !parameter.IsInvalid);
            using var batch = Qwen25VLBatch.Create(model.Config, [new Qwen25VLSequence([5, 6, 7], [])]);
            using var logits = model.Forward(batch);
            logits.shape.ShouldBe([1, 3, model.Config.Text.VocabularySize]);
        }
    }

    private static QwenCase Case(string folder) => QwenCase.Open(folder);

    private static double GradientNorm(Qwen25VLModel model) =>
        Math.Sqrt(model.parameters().Where(parameter => parameter.grad is not null).Sum(parameter => Math.Pow(parameter.grad!.norm().item<float>(), 2)));

    private static void CheckGradients(Qwen25VLModel model, GoldenTensors expected)
    {
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (Find(expected, name) is { } key) Compare.RelativeError(expected.Floats(key), Compare.Floats(parameter.grad!)).ShouldBeLessThan(1e-4, name);
        }
    }

    private static void CheckParameters(Qwen25VLModel model, GoldenTensors expected, GoldenTensors gradients, double slack)
    {
        long loose = 0, total = 0;
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (Find(expected, name) is not { } key || Find(gradients, name) is not { } gradientKey) continue;
            var (wanted, got, gradient) = (expected.Floats(key), Compare.Floats(parameter), gradients.Floats(gradientKey));
            for (var i = 0; i < wanted.Length; i++)
            {
                var error = Math.Abs(wanted[i] - got[i]);
                total++;
                loose += error > 2e-5 ? 1 : 0;

                // Where the gradient is rounding noise, Adam's first steps go either way by the whole learning rate.
                error.ShouldBeLessThan(Math.Abs(gradient[i]) > 1e-5 ? (float)slack / 10 : (float)slack, name);
            }
        }

        ((double)loose / Math.Max(total, 1)).ShouldBeLessThan(0.005);
    }

    // Recorded under the names of newer or of older transformers, or not at all.
    private static string? Find(GoldenTensors tensors, string name) =>
        tensors.Has(name) ? name : tensors.Has(Qwen25VLCheckpoint.ToPublishedName(name)) ? Qwen25VLCheckpoint.ToPublishedName(name) : null;
}
