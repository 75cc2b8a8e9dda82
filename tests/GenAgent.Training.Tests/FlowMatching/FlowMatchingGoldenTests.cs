using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Training.FlowMatching;
using GenAgent.Training.Optimization;
using AdamW = GenAgent.Training.Optimization.AdamW;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.FlowMatching;

public sealed class FlowMatchingGoldenTests
{
    [Fact]
    public void Losses_gradients_and_weights_move_as_in_the_reference_training()
    {
        // A case of training is told by what it recorded.
        var cases = GoldenRoot.Cases("flux", "case.json").Select(path => (Folder: Path.GetDirectoryName(path)!, Item: Recorded.Json(path)))
            .Select(one => (one.Folder, one.Item, Expected: ExpectedFile(one.Folder, one.Item))).Where(one => File.Exists(one.Expected))
            .Select(one => (one.Folder, one.Item, Golden: GoldenTensors.Load(one.Expected))).Where(one => one.Golden.Has("batch1.x0"));
        Recorded.Each(cases, one => Compare(one.Folder, one.Item, one.Golden));
    }

    private static string ExpectedFile(string folder, JsonElement item) =>
        Path.Combine(folder, item.Find("expected_file") is { ValueKind: JsonValueKind.String } file ? file.GetString()! : "expected.safetensors");

    private static void Compare(string folder, JsonElement item, GoldenTensors golden)
    {
        using var scope = NewDisposeScope();
        var model = Path.GetFullPath(Path.Combine(folder, item.Need("model").GetString()!));
        Assert.SkipUnless(Directory.Exists(model), $"the model {model} is not under this root");
        using var transformer = FluxFolder.LoadTransformer(Path.GetDirectoryName(model)!);
        using var parameters = new FlatParameters(transformer.named_parameters());
        using var gradient = new GradientBuffer(parameters);
        var recipe = item.Need("recipe").GetString()!;
        var rate = Number(recipe, "lr");
        using var optimizer = new AdamW(parameters, new AdamWOptions
        {
            Beta1 = Betas(recipe)[0],
            Beta2 = Betas(recipe)[1],
            Epsilon = Number(recipe, "eps"),
            WeightDecay = Number(recipe, "weight_decay"),
        });

        for (var step = 1; golden.Has($"batch{step}.x0"); step++)
        {
            gradient.Clear();
            var loss = Loss(transformer, golden, $"batch{step}");
            gradient.Accumulate(loss);
            if (golden.Has($"batch{step}.loss")) Close([loss.item<float>()], golden.Floats($"batch{step}.loss"), 1e-4f, 2e-5f, $"loss {step}");
            if (golden.Has($"batch{step}.grad_norm"))
            {
                Close([(float)GradientClipping.Norm(gradient.Values)], golden.Floats($"batch{step}.grad_norm"), 1e-3f, 1e-5f, $"norm {step}");
            }
            foreach (var slot in step == 1 ? parameters.Slots.Where(s => golden.Has($"grad.{s.Name}")) : [])
                Close(gradient[slot.Name].contiguous().data<float>().ToArray(), golden.Floats($"grad.{slot.Name}"), 2e-3f, 1e-5f, $"gradient of {slot.Name}");
            optimizer.Step(gradient.Values, rate);
            if (golden.Names.Any(name => name.StartsWith($"step{step}.", StringComparison.Ordinal))) CompareWeights(parameters, golden, step);
        }
    }

    private static Tensor Loss(FluxTransformer transformer, GoldenTensors golden, string batch)
    {
        var latents = Read(golden, $"{batch}.x0");
        using var positions = LatentPacking.ImageIds((int)latents.shape[2], (int)latents.shape[3]);
        var text = new TextConditioning(Read(golden, $"{batch}.encoder_hidden_states"), Read(golden, $"{batch}.pooled"));
        using var rope = RotaryTable.For(transformer.Config, (int)text.Features.shape[1], positions);
        var guidance = golden.Has($"{batch}.guidance") ? Read(golden, $"{batch}.guidance") : null;
        return FlowMatchingLoss.PerSample(transformer, latents, Read(golden, $"{batch}.noise"), Read(golden, $"{batch}.t"), text, guidance, rope).mean();
    }

    // AdamW's first steps are the gradient's sign: where a gradient is next to nothing, either direction is right.
    private static void CompareWeights(FlatParameters parameters, GoldenTensors golden, int step)
    {
        var (near, clear) = (0, 0);
        foreach (var slot in parameters.Slots.Where(s => golden.Has($"step{step}.{s.Name}") && golden.Has($"grad.{s.Name}")))
        {
            var (actual, expected) = (slot.View(parameters.Values).contiguous().data<float>().ToArray(), golden.Floats($"step{step}.{slot.Name}"));
            var gradients = golden.Floats($"grad.{slot.Name}");
            for (var i = 0; i < expected.Length; i++)
            {
                Math.Abs(actual[i] - expected[i]).ShouldBeLessThan(2e-3f * step, $"{slot.Name}[{i}] after step {step}");
                if (Math.Abs(gradients[i]) <= 1e-5f) continue;
                clear++;
                if (Math.Abs(actual[i] - expected[i]) <= 5e-5f) near++;
            }
        }

        if (clear == 0 && !GoldenRoot.IsDefault) return;
        clear.ShouldBeGreaterThan(0);
        (near / (double)clear).ShouldBeGreaterThanOrEqualTo(step == 1 ? 1 : 0.99);
    }

    private static void Close(float[] actual, float[] expected, float relative, float absolute, string what)
    {
        actual.Length.ShouldBe(expected.Length, what);
        for (var i = 0; i < expected.Length; i++)
            Math.Abs(actual[i] - expected[i])
                .ShouldBeLessThanOrEqualTo(absolute + (relative * Math.Abs(expected[i])), $"{what}[{i}]: {actual[i]} for {expected[i]}");
    }

    private static Tensor Read(GoldenTensors golden, string name) => tensor(golden.Floats(name)).view(golden.Shape(name));

    private static double Number(string recipe, string name) => double.Parse(Part(recipe, name, @"([-+\d.eE]*[\d])"), CultureInfo.InvariantCulture);

    private static double[] Betas(string recipe) =>
        [.. Part(recipe, "betas", @"\(([^)]*)\)").Split(',').Select(beta => double.Parse(beta, CultureInfo.InvariantCulture))];

    private static string Part(string recipe, string name, string pattern)
    {
        var match = Regex.Match(recipe, $"{name}={pattern}", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.SkipUnless(match.Success, $"the recipe does not say \"{name}=\"");
        return match.Groups[1].Value;
    }
}
