using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Tokenizers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class FluxSamplerTests
{
    private const double Absolute = 2e-4;
    private const double Relative = 1e-3;

    /// <summary>Case and key of every run of a whole pipeline.</summary>
    public static TheoryData<string, string> Runs
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var golden in FluxCase.All(@"^pipe\.").Where(golden => golden.HasPart("scheduler") && golden.HasPart("transformer")))
            {
                foreach (var run in golden.Json.FindAll("runs").Where(run => run.Find("key").ValueKind == JsonValueKind.String))
                    rows.Add(golden.Name, run.Need("key").GetString()!);
            }

            if (rows.Count == 0) rows.Add(string.Empty, string.Empty);
            return rows;
        }
    }

    public static TheoryData<string> ImageToImage => FluxCase.WithPart(@"^img2img\.latents_init_packed$", "vae");

    public static TheoryData<string> Kontext => FluxCase.WithPart(@"^kontext\.img_ids$", "vae");

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_prompt_becomes_the_references_latents_after_every_step_and_the_references_image(string name, string key)
    {
        var golden = FluxCase.Open(name);
        var run = golden.Json.FindAll("runs")
            .First(run => string.Equals(run.Find("key").GetString(), key, StringComparison.Ordinal));
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        var latents = golden.Tensor($"{key}.latents_init");
        var downscale = golden.Json.TryGetProperty("vae_scale_factor", out var factor) ? factor.GetInt32() : 8;
        var (height, width) = (run.Need("height").GetInt32() / downscale, run.Need("width").GetInt32() / downscale);
        var prompt = golden.Has($"{key}.prompt_embeds")
            ? new PromptEmbedding(golden.Tensor($"{key}.prompt_embeds"), golden.Tensor($"{key}.pooled"))
            : Read(golden, run, "prompt_index");
        var classifierFree = run.TryGetProperty("true_cfg_scale", out var scale);
        Assert.SkipWhen(model.Config.GuidanceEmbeds && run.Find("guidance").ValueKind != JsonValueKind.Number, "the run's guidance was not recorded");
        var batch = new Denoising
        {
            Latents = latents,
            Prompt = prompt,
            Negative = classifierFree ? Read(golden, run, "negative_prompt_index") : null,
            CfgScale = classifierFree ? Arithmetic.Filled([latents.shape[0]], scale.GetSingle()) : null,
            Guidance = run.TryGetProperty("guidance", out var guidance) ? Arithmetic.Filled([latents.shape[0]], guidance.GetSingle()) : null,
            Rope = RotaryTable.For(model.Config, (int)prompt.Text.shape[1], LatentPacking.ImageIds(height, width)),
        };
        var schedule = FlowMatchSchedule.For(FluxFolder.LoadScheduler(golden.ModelFolder), run.Need("steps").GetInt32(), (int)latents.shape[1]);

        var done = Sample(golden, key, model, batch, schedule, firstStep: 0);

        if (golden.Has($"{key}.image") && Directory.Exists(Path.Combine(golden.ModelFolder, "vae")))
            ShouldDecode(golden, key, LatentPacking.Unpack(done, height, width));
    }

    [Theory]
    [MemberData(nameof(ImageToImage))]
    public void An_image_is_changed_by_strength_as_in_the_reference(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var vae = FluxFolder.LoadAutoencoder(golden.ModelFolder, dtype: ScalarType.Float32);
        var steps = (int)golden.Number("img2img", @"(\d+) steps");
        var (height, width) = ((int)golden.Shape("img2img.noise")[2], (int)golden.Shape("img2img.noise")[3]);
        var schedule = FlowMatchSchedule.For(FluxFolder.LoadScheduler(golden.ModelFolder), steps, height * width / 4);
        var first = schedule.FirstStep(golden.Number("img2img", @"strength ([\d.]+)"));
        var image = ImageTensors.FromImage(ImageDecoder.Decode(golden.Image("input.png")));
        golden.ShouldMatch(image, "img2img.image_preprocessed", 1e-6);

        var start = LatentStart.Mix(vae, vae.Encode(image), golden.Tensor("img2img.posterior_noise"), golden.Tensor("img2img.noise"), schedule.Sigmas[first]);

        golden.ShouldMatch(start, "img2img.latents_init_packed", Absolute, Relative);
        var prompt = ReadPrompt(golden);
        var batch = new Denoising
        {
            Latents = start,
            Prompt = prompt,
            Guidance = Arithmetic.Filled([1], (float)golden.Number("img2img", @"guidance ([\d.]+)")),
            Rope = RotaryTable.For(model.Config, (int)prompt.Text.shape[1], LatentPacking.ImageIds(height, width)),
        };
        ShouldDecode(golden, "img2img", LatentPacking.Unpack(Sample(golden, "img2img", model, batch, schedule, first), height, width));
    }

    [Theory]
    [MemberData(nameof(Kontext))]
    public void A_reference_image_is_looked_at_as_in_the_reference(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var vae = FluxFolder.LoadAutoencoder(golden.ModelFolder, dtype: ScalarType.Float32);
        var image = ImageDecoder.Decode(golden.Image("reference.png"));
        var scale = vae.Config.Downscale;
        var size = golden.Shape("kontext.image");
        var (height, width) = ((int)size[1] / scale, (int)size[2] / scale);

        var reference = LatentPacking.Pack(vae.Scale(vae.Encode(ImageTensors.FromImage(image)).Mean));
        var ids = cat([LatentPacking.ImageIds(height, width), LatentPacking.ImageIds(image.Height / scale, image.Width / scale, axis0: 1)], 0);

        golden.ShouldMatch(reference, "kontext.image_latents_packed", Absolute, Relative);
        golden.ShouldMatch(ids, "kontext.img_ids", 0);
        var prompt = ReadPrompt(golden);
        var batch = new Denoising
        {
            Latents = golden.Tensor("kontext.latents_init"),
            Prompt = prompt,
            Guidance = Arithmetic.Filled([1], (float)golden.Number("kontext", @"guidance ([\d.]+)")),
            Reference = reference,
            Rope = RotaryTable.For(model.Config, (int)prompt.Text.shape[1], ids),
        };
        var schedule = FlowMatchSchedule.For(FluxFolder.LoadScheduler(golden.ModelFolder), (int)golden.Number("kontext", @"(\d+) steps"), height * width / 4);
        ShouldDecode(golden, "kontext", LatentPacking.Unpack(Sample(golden, "kontext", model, batch, schedule, firstStep: 0), height, width));
    }

    private static Tensor Sample(FluxCase golden, string key, FluxTransformer model, Denoising batch, FlowMatchSchedule schedule, int firstStep)
    {
        for (var step = firstStep; step < schedule.Steps; step++)
        {
            if (golden.Has($"{key}.timestep{step - firstStep}"))
            {
                ((double)schedule.Timesteps[step]).ShouldBe(golden.Double($"{key}.timestep{step - firstStep}"), 1e-3);
            }
            batch = batch with { Latents = FluxSampler.Step(model, batch, schedule, step).Latents };
            golden.ShouldMatch(batch.Latents, $"{key}.latents_step{step - firstStep}", Absolute, Relative);
        }

        return batch.Latents;
    }

    private static void ShouldDecode(FluxCase golden, string key, Tensor latents)
    {
        using var vae = FluxFolder.LoadAutoencoder(golden.ModelFolder, dtype: ScalarType.Float32);
        var decoded = vae.Decode(vae.Unscale(latents));
        golden.ShouldMatch(decoded.Over(2).Plus(0.5).Within(0, 1).permute(0, 2, 3, 1), $"{key}.image", Absolute, Relative);
        for (var row = 0; row < decoded.shape[0]; row++)
        {
            var png = golden.PathOf(key.StartsWith("pipe.", StringComparison.Ordinal) ? $"{key.Replace('.', '_')}_{row}.png" : $"{key}.png");
            if (!File.Exists(png)) continue;
            var (expected, actual) = (ImageDecoder.Decode(File.ReadAllBytes(png)).Pixels, ImageTensors.ToImage(decoded[row]).Pixels);
            actual.Length.ShouldBe(expected.Length);
            actual.Zip(expected).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThanOrEqualTo(1, png);
        }
    }

    private static PromptEmbedding Read(FluxCase golden, JsonElement run, string indices)
    {
        string[] prompts = [.. golden.Json.Need("prompts").EnumerateArray().Select(prompt => prompt.GetString()!)];
        return Read(
            golden,
            [.. run.Need(indices).EnumerateArray().Select(index => prompts[index.GetInt32()])],
            run.Need("max_sequence_length").GetInt32());
    }

    private static PromptEmbedding ReadPrompt(FluxCase golden) =>
        Read(golden, [golden.Json.Need("prompt").GetString()!], golden.Json.Need("max_sequence_length").GetInt32());

    private static PromptEmbedding Read(FluxCase golden, string[] prompts, int length)
    {
        foreach (var part in (string[])["text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"])
            Assert.SkipUnless(Directory.Exists(Path.Combine(golden.ModelFolder, part)), $"the case's model has no {part}");
        using var t5 = FluxFolder.LoadT5(golden.ModelFolder, dtype: ScalarType.Float32);
        using var clip = FluxFolder.LoadClip(golden.ModelFolder, dtype: ScalarType.Float32);
        var tokenizers = new PromptTokenizers(
            new PromptTokenizer(TokenizerLoader.Load(Path.Combine(golden.ModelFolder, "tokenizer_2")), length),
            new PromptTokenizer(TokenizerLoader.Load(Path.Combine(golden.ModelFolder, "tokenizer")), clip.Config.MaxPositionEmbeddings));
        return PromptReading.Read(t5, clip, [.. prompts.Select(tokenizers.Encode)], ScalarType.Float32, CPU);
    }
}
