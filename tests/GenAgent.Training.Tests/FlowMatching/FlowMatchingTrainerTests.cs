using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Safetensors;
using GenAgent.Training.FlowMatching;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Tests.Sources;
using TorchSharp;

namespace GenAgent.Training.Tests.FlowMatching;

public sealed class FlowMatchingTrainerTests
{
    private static readonly string[] Parts =
        ["transformer/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "text_encoder_2/model.safetensors"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_very_weights_of_one_that_was_not(bool orthogonal)
    {
        using var whole = Prepared();
        using var parts = Prepared();
        var options = TinyFlux.Options with { Training = TinyFlux.Options.Training with { Muon = orthogonal ? new MuonOptions() : null } };
        TinyFlux.Train(whole.Path, options);
        for (var stop = 1; stop < 12; stop += 4) TinyFlux.Train(parts.Path, options, stopAt: stop).Finished.ShouldBeFalse();
        TinyFlux.Train(parts.Path, options).Finished.ShouldBeTrue();

        foreach (var part in Parts) File.ReadAllBytes(parts.File($"model/{part}")).ShouldBe(File.ReadAllBytes(whole.File($"model/{part}")), part);
    }

    [Fact]
    public void The_loss_falls_and_all_parts_learn()
    {
        using var folder = Prepared();
        var options = TinyFlux.Options with { Training = TinyFlux.Options.Training with { Steps = 80, LogEvery = 40 } };
        using var before = Prepared();
        TinyFlux.Train(before.Path, TinyFlux.Options with { Training = TinyFlux.Options.Training with { Steps = 1, LearningRate = 0 } });

        TinyFlux.Train(folder.Path, options);

        var losses = File.ReadLines(folder.File("metrics.jsonl"))
            .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble()).ToArray();
        losses[^1].ShouldBeLessThan(0.8 * losses[0]);
        foreach (var part in Parts) Moved(before.File($"model/{part}"), folder.File($"model/{part}")).ShouldBeTrue(part);
    }

    [Fact]
    public void The_model_opens_as_a_flux_folder_with_the_lengths_that_it_was_trained_at()
    {
        using var folder = Prepared();
        TinyFlux.Train(folder.Path);
        var model = folder.File("model");

        using var transformer = FluxFolder.LoadTransformer(model);
        using var t5 = FluxFolder.LoadT5(model);
        using var clip = FluxFolder.LoadClip(model);

        transformer.Config.InChannels.ShouldBe(8);
        t5.Config.VocabSize.ShouldBe(4 + TinyFlux.Words.Length);
        clip.Config.EosTokenId.ShouldBe(clip.Config.VocabSize - 1);
        File.ReadAllText(Path.Combine(model, "tokenizer_2", "tokenizer_config.json")).ShouldContain("\"model_max_length\":6");
        File.Exists(Path.Combine(model, "model_index.json")).ShouldBeTrue();
    }

    [Fact]
    public void Evaluations_see_the_averaged_model_and_their_figures_are_logged()
    {
        using var folder = Prepared();
        var evaluation = new Recorder();

        TinyFlux.Train(folder.Path, TinyFlux.Options with { Training = TinyFlux.Options.Training with { EvaluateEvery = 5 } }, evaluation: evaluation);

        evaluation.Steps.ShouldBe([5, 10, 12]);
        File.ReadAllText(folder.File("metrics.jsonl")).ShouldContain("\"success/all\":0.25");
    }

    [Fact]
    public void Latents_are_computed_once()
    {
        using var folder = Prepared();
        TinyFlux.Train(folder.Path, stopAt: 2);
        var written = File.GetLastWriteTimeUtc(folder.File("latents.f16"));
        TinyFlux.Train(folder.Path);

        File.GetLastWriteTimeUtc(folder.File("latents.f16")).ShouldBe(written);
    }

    [Fact]
    public void Latents_are_good_for_other_captions_of_the_same_images_but_not_for_other_images()
    {
        using var first = Prepared();
        using var second = Prepared();
        TinyFlux.Train(first.Path, stopAt: 2);
        var latents = File.ReadAllBytes(first.File("latents.f16"));
        File.Copy(first.File("latents.f16"), second.File("latents.f16"));
        File.SetLastWriteTimeUtc(second.File("latents.f16"), DateTime.UnixEpoch);

        TinyFlux.Train(second.Path, stopAt: 2, source: new StripesSource(words: ", in other words"));
        File.GetLastWriteTimeUtc(second.File("latents.f16")).ShouldBe(DateTime.UnixEpoch);

        using var third = Prepared();
        File.Copy(first.File("latents.f16"), third.File("latents.f16"));
        TinyFlux.Train(third.Path, stopAt: 2, source: new StripesSource(count: 14));
        File.ReadAllBytes(third.File("latents.f16")).Length.ShouldBeGreaterThan(latents.Length);
    }

    [Fact]
    public void A_T5_that_is_to_look_back_does_so_from_the_start_and_once_only_however_often_the_run_is_resumed()
    {
        var options = TinyFlux.Options with { Flow = TinyFlux.Options.Flow with { T5LooksBack = true } };
        using var whole = Prepared();
        using var parts = Prepared();
        using var without = Prepared();
        TinyFlux.Train(whole.Path, options);
        for (var stop = 1; stop < 12; stop += 4) TinyFlux.Train(parts.Path, options, stopAt: stop);
        TinyFlux.Train(parts.Path, options);
        TinyFlux.Train(without.Path);

        LastHeadAfter(parts.Path).ShouldBe(LastHeadAfter(whole.Path));
        (LastHeadAfter(without.Path).Average() - LastHeadAfter(whole.Path).Average()).ShouldBe(5, 0.5);

        static float[] LastHeadAfter(string folder)
        {
            using var t5 = FluxFolder.LoadT5(Path.Combine(folder, "model"));
            var values = t5.named_parameters()
                .Single(p => p.name.EndsWith("relative_attention_bias.weight", StringComparison.Ordinal)).parameter
                .data<float>()
                .ToArray();
            return [.. values.Where((_, i) => i % 2 == 1 && i / 2 >= 4)];
        }
    }

    [Fact]
    public void Frozen_text_encoders_stay_bit_by_bit_as_they_were()
    {
        using var first = Prepared();
        using var second = Prepared();
        TinyFlux.Train(first.Path);

        TinyFlux.Train(second.Path, TinyFlux.Options with { Flow = TinyFlux.Options.Flow with { TrainTextEncoders = false } }, startFrom: first.File("model"));

        Moved(first.File($"model/{Parts[0]}"), second.File($"model/{Parts[0]}")).ShouldBeTrue();
        foreach (var part in Parts.Skip(1)) Moved(first.File($"model/{part}"), second.File($"model/{part}")).ShouldBeFalse(part);
    }

    [Fact]
    public void Adapters_learn_while_the_model_stays_and_are_written_as_peft_writes_them()
    {
        using var first = Prepared();
        using var second = Prepared();
        TinyFlux.Train(first.Path);
        var lora = TinyFlux.Options with { Flow = TinyFlux.Options.Flow with { LoraRank = 2, LoraAlpha = 4 } };

        TinyFlux.Train(second.Path, lora, startFrom: first.File("model")).Finished.ShouldBeTrue();

        using var scope = torch.NewDisposeScope();
        using var file = SafetensorsFile.Open(second.File("pytorch_lora_weights.safetensors"));
        file.Entries.Keys.ShouldContain("transformer.transformer_blocks.0.attn.to_q.lora_A.weight");
        file.Metadata["lora_adapter_metadata"].ShouldContain("\"transformer.lora_alpha\":4");
        file.Read("transformer.single_transformer_blocks.0.attn.to_k.lora_B.weight").abs().max().item<float>().ShouldBeGreaterThan(0);
        File.Exists(second.File($"model/{Parts[0]}")).ShouldBeFalse();
    }

    [Fact]
    public void A_model_with_guidance_embedding_trains_too()
    {
        using var folder = Prepared();
        var options =
            TinyFlux.Options with
            {
                Transformer = TinyFlux.Options.Transformer with { GuidanceEmbeds = true },
                Training = TinyFlux.Options.Training with { Steps = 2 }
            };

        TinyFlux.Train(folder.Path, options).Finished.ShouldBeTrue();
    }

    [Theory]
    [InlineData("joint_attention_dim")]
    [InlineData("pooled_projection_dim")]
    [InlineData("in_channels")]
    public void Parts_that_do_not_fit_each_other_are_named_before_training(string key)
    {
        using var folder = Prepared();
        var sizes = TinyFlux.Options.Transformer;
        var options = TinyFlux.Options with
        {
            Transformer = key switch
            {
                "joint_attention_dim" => sizes with { JointAttentionDim = 16 },
                "pooled_projection_dim" => sizes with { PooledProjectionDim = 16 },
                _ => sizes with { InChannels = 16 },
            },
        };

        Should.Throw<InvalidDataException>(() => TinyFlux.Train(folder.Path, options)).Message.ShouldContain($"\"{key}\"");
    }

    [Fact]
    public void A_source_without_end_is_refused() =>
        Should.Throw<InvalidDataException>(() => new FlowMatchingTrainer(TinyFlux.Options, new StripesSource(count: long.MaxValue), "nowhere")).Message
            .ShouldContain("limited");

    private static TemporaryFolder Prepared()
    {
        var folder = new TemporaryFolder();
        TinyFlux.Prepare(folder.Path);
        return folder;
    }

    private static bool Moved(string before, string after)
    {
        using var scope = torch.NewDisposeScope();
        using var first = SafetensorsFile.Open(before);
        using var second = SafetensorsFile.Open(after);
        return first.Entries.Keys.Any(name => !first.Read(name).equal(second.Read(name)).all().item<bool>());
    }

    private sealed class Recorder : IModelEvaluation
    {
        public List<long> Steps { get; } = [];

        public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder)
        {
            using var transformer = FluxFolder.LoadTransformer(modelFolder);
            Steps.Add(stepsTaken);
            return new Dictionary<string, double> { ["success/all"] = 0.25 };
        }
    }
}
