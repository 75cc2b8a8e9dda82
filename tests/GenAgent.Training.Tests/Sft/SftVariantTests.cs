using GenAgent.Torch.Safetensors;
using GenAgent.Torch;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Sft;

public sealed class SftVariantTests
{
    [Fact]
    public void Adapters_learn_while_the_model_stays_and_the_model_that_is_written_has_them_in_it()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        TinyAgent.Train(first.Path);
        AgentFolder.CopySettings(first.File("model"), second.File("model"));
        var options = TinyAgent.Options with
        {
            Sft = TinyAgent.Options.Sft with { LoraRank = 4, LoraTargets = ["q_proj", "v_proj"] },
            Training = TinyAgent.Options.Training with { Steps = 20, BatchSize = 10, LearningRate = 1e-2, CheckpointEvery = 7 },
        };
        TinyAgent.Train(second.Path, options, startFrom: first.File("model"), stopAt: 9).Finished.ShouldBeFalse();
        TinyAgent.Train(second.Path, options, startFrom: first.File("model")).Finished.ShouldBeTrue();

        var log = TinyAgent.Log(second.Path);
        log[^1].GetProperty("loss").GetDouble().ShouldBeLessThan(log[0].GetProperty("loss").GetDouble());
        using var before = WeightSource.Open(first.File("model"));
        using var after = WeightSource.Open(second.File("model"));
        foreach (var name in before.Entries.Keys)
        {
            using var scope = NewDisposeScope();
            before.Read(name).equal(after.Read(name)).all().item<bool>()
                .ShouldBe(!(name.Contains("layers") && (name.Contains("q_proj.weight") || name.Contains("v_proj.weight"))), name);
        }

        File.Exists(second.File("adapter/adapter_model.safetensors")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Layers_that_run_again_in_the_backward_pass_learn_the_same(int loraRank)
    {
        using var kept = new TemporaryFolder();
        using var again = new TemporaryFolder();
        var options = TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { LoraRank = loraRank },
            Training = TinyAgent.Options.Training with { Workers = 1, LearningRate = 1e-2 } };
        TinyAgent.Train(kept.Path, options);
        TinyAgent.Train(again.Path, options with { Sft = options.Sft with { ActivationCheckpointing = true } });

        foreach (var (one, other) in TinyAgent.Log(kept.Path).Zip(TinyAgent.Log(again.Path)))
        {
            other.GetProperty("loss").GetDouble().ShouldBe(one.GetProperty("loss").GetDouble(), 1e-4);
            other.GetProperty("gradient_norm").GetDouble().ShouldBe(one.GetProperty("gradient_norm").GetDouble(), 1e-3);
        }

        using var many = new TemporaryFolder();
        Should.Throw<InvalidDataException>(() =>
            TinyAgent.Train(many.Path, TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { ActivationCheckpointing = true } })).Message.ShouldContain(
            "training.workers");
    }

    [Fact]
    public void Weights_of_16_bits_learn_like_those_of_32_and_resume_exactly()
    {
        using var wide = new TemporaryFolder();
        using var whole = new TemporaryFolder();
        using var parts = new TemporaryFolder();
        var options = TinyAgent.Options with { Sft = TinyAgent.Options.Sft with { Weights = WeightType.BF16 } };
        TinyAgent.Train(wide.Path);
        TinyAgent.Train(whole.Path, options);
        TinyAgent.Train(parts.Path, options, stopAt: 5);
        TinyAgent.Train(parts.Path, options);

        TinyAgent.Weights(parts.Path).ShouldBe(TinyAgent.Weights(whole.Path));
        foreach (var (one, other) in TinyAgent.Log(wide.Path).Zip(TinyAgent.Log(whole.Path)))
            other.GetProperty("loss").GetDouble().ShouldBe(one.GetProperty("loss").GetDouble(), 0.3);
    }

    [Fact]
    public void Steps_too_small_for_16_bits_are_not_lost()
    {
        using var weight = new Parameter(ones(8, dtype: ScalarType.BFloat16));
        using var parameters = new FlatParameters([("weight", weight)], ScalarType.Float32);
        using var optimizer = new GenAgent.Training.Optimization.AdamW(parameters, new AdamWOptions { WeightDecay = 0 });
        using var gradient = parameters.NewBuffer();
        using (no_grad()) gradient.FillInPlace(1);
        for (var step = 0; step < 100; step++) optimizer.Step(gradient, 1e-3);

        weight.dtype.ShouldBe(ScalarType.BFloat16);
        using var wide = weight.to(ScalarType.Float32);
        wide.mean().item<float>().ShouldBe(0.9f, 0.005f);
    }

    [Fact]
    public void What_a_run_will_take_is_told_exactly_without_a_weight_in_memory()
    {
        var shape = new AgentShape
        {
            VocabularySize = 152064, HiddenSize = 3584, IntermediateSize = 18944, Layers = 28, Heads = 28, KeyValueHeads = 4, TieWordEmbeddings = false,
                RopeTheta = 1e6,
            Vision = new VisionShape { HiddenSize = 1280, IntermediateSize = 3420, Depth = 32, Heads = 16, PatchSize = 14, WindowSize = 112,
                FullAttentionBlocks = [7, 15, 23, 31] },
        };
        var options = new SftTrainerOptions { Model = shape, Sft = new SftOptions { Epochs = 3, Weights = WeightType.BF16 },
            Training = new TrainingOptions { BatchSize = 256, Workers = 1, EmaDecay = 0 } };
        var estimate = SftEstimate.Of(options.WithSteps(32_000));

        // The number of parameters of the published Qwen2.5-VL-7B-Instruct.
        estimate.Parameters.ShouldBe(8_292_166_656);
        estimate.Steps.ShouldBe(375);
        estimate.Memory.Single(part => part.What.Contains("moments")).Bytes.ShouldBe(estimate.Parameters * 8);
        SftEstimate.Of(options with { Sft = options.Sft with { LoraRank = 16 } }).Trainable.ShouldBe(
            28L * 16 * ((3584 + 3584) + (3584 + 512) + (3584 + 512) + (3584 + 3584)));
    }
}
