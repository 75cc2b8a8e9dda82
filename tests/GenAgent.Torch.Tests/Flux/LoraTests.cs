using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Lora;
using GenAgent.Torch.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class LoraTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Case, LoRA file, and the name of what it leads to.</summary>
    public static TheoryData<string, string, string> Files
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var golden in All())
            {
                foreach (var file in FilesOf(golden))
                {
                    var expected = Regex.Match(
                        golden.Json.Need("files").Need(file).GetString()!, @"expected: (?<key>\w+)\.scale",
                        RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
                    if (expected.Success) rows.Add(golden.Name, file, expected.Groups["key"].Value);
                }
            }

            if (rows.Count == 0) rows.Add(string.Empty, string.Empty, string.Empty);
            return rows;
        }
    }

    public static TheoryData<string> Cases => [.. All().Select(golden => golden.Name).OrNone()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void A_lora_of_any_layout_and_strength_changes_the_velocity_as_the_reference_does(string name, string file, string key)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var lora = LoraFile.Open(golden.PathOf(file), model.Config);
        string[] scales = [.. golden.Names.Where(tensor => tensor.StartsWith(key + ".scale", StringComparison.Ordinal))];
        Assert.SkipWhen(scales.Length == 0 && !GoldenRoot.IsDefault, $"no output of {file} was recorded");
        scales.ShouldNotBeEmpty();
        foreach (var tensor in scales)
        {
            model.SetLoras((lora, double.Parse(tensor[(key.Length + ".scale".Length)..], CultureInfo.InvariantCulture)));

            golden.ShouldMatch(FluxInputs.Run(model, golden, "in."), tensor, 5e-5, 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Taking_loras_off_gives_the_plain_model_back_to_the_bit(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var lora = LoraFile.Open(golden.PathOf(FilesOf(golden)[0]), model.Config);
        var before = FluxInputs.Run(model, golden, "in.");
        golden.ShouldMatch(before, "base", 5e-5, 1e-4);

        model.SetLoras((lora, 1));
        FluxInputs.Run(model, golden, "in.");
        model.SetLoras();

        FluxInputs.Run(model, golden, "in.").eq(before).all().item<bool>().ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Several_loras_at_once_are_the_sum_of_each_at_its_strength(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        LoraFile[] loras = [.. FilesOf(golden).Select(file => LoraFile.Open(golden.PathOf(file), model.Config))];
        (LoraFile, double)[] strengths = [.. loras.Select((lora, index) => (lora, 0.3 + 0.2 * index))];

        model.SetLoras(strengths);
        var together = FluxInputs.Run(model, golden, "in.");

        model.SetLoras();
        foreach (var (lora, strength) in strengths)
        {
            foreach (var (layer, pair) in lora.Layers) model.Linears()[layer].Weight.PlusInPlace(pair.Up.mm(pair.Down), pair.Scale * strength);
        }

        (FluxInputs.Run(model, golden, "in.") - together).abs().max().ToSingle().ShouldBeLessThan(2e-4f);
        foreach (var lora in loras) lora.Dispose();
    }

    [Fact]
    public void A_lora_of_another_model_is_refused_by_layer_name()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer();
        var path = Write(
            ("transformer.transformer_blocks.7.attn.to_q.lora_A.weight", zeros(2, 16)),
            ("transformer.transformer_blocks.7.attn.to_q.lora_B.weight", zeros(16, 2)));

        Should.Throw<InvalidDataException>(() => LoraFile.Open(path, model.Config)).Message.ShouldContain("transformer_blocks.7.attn.to_q");
    }

    [Fact]
    public void A_lora_of_another_width_is_refused_and_leaves_the_model_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer();
        var path = Write(
            ("transformer.transformer_blocks.0.attn.to_q.lora_A.weight", zeros(2, 99)),
            ("transformer.transformer_blocks.0.attn.to_q.lora_B.weight", zeros(16, 2)));
        using var lora = LoraFile.Open(path, model.Config);

        Should.Throw<InvalidDataException>(() => model.SetLoras((lora, 1))).Message.ShouldContain("99");

        model.Linears().Values.ShouldAllBe(linear => linear.Adapter == null);
    }

    [Fact]
    public void Half_a_lora_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer();
        var path = Write(("transformer.proj_out.lora_A.weight", zeros(2, 16)));

        Should.Throw<InvalidDataException>(() => LoraFile.Open(path, model.Config)).Message.ShouldContain("only one of the two");
    }

    [Fact]
    public void Patterns_of_alpha_are_regular_expressions_over_the_ends_of_layers_names()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer();
        var path = Write(
            """{"transformer.lora_alpha": 4, "transformer.r": 2, "transformer.alpha_pattern": {"attn\\.to_[qk]": 6, "single_transformer_blocks\\.\\d+\\.proj_out": 8, "to_v": 10, "o_v": 99}}""",
            [
                .. Pair("transformer.transformer_blocks.0.attn.to_q", 16, 16),
                .. Pair("transformer.transformer_blocks.0.attn.to_v", 16, 16),
                .. Pair("transformer.single_transformer_blocks.1.proj_out", 80, 16),
                .. Pair("transformer.x_embedder", 16, 16)
            ]);
        using var lora = LoraFile.Open(path, model.Config);

        lora.Layers.ToDictionary(layer => layer.Key, layer => layer.Value.Scale, StringComparer.Ordinal).ShouldBe(
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["transformer_blocks.0.attn.to_q"] = 3, ["transformer_blocks.0.attn.to_v"] = 5, ["single_transformer_blocks.1.proj_out"] = 4,
                ["x_embedder"] = 2,
            },
            ignoreOrder: true);
        var broken = Write("""{"lora_alpha": 4, "alpha_pattern": {"to_q(": 6}}""", Pair("transformer.x_embedder", 16, 16));
        Should.Throw<InvalidDataException>(() => LoraFile.Open(broken, model.Config)).Message.ShouldContain("\"to_q(\" is no regular expression");
    }

    [Fact]
    public void XLabs_processors_change_the_layers_that_they_stand_for()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = TinyFlux.NewTransformer();
        var (down, up) = (randn(2, 16), randn(48, 2));
        var (wide, back) = (randn(2, 80), randn(16, 2));
        var path = Write(
            ("double_blocks.0.processor.qkv_lora2.down.weight", down), ("double_blocks.0.processor.qkv_lora2.up.weight", up),
            ("double_blocks.0.processor.proj_lora1.down.weight", down), ("double_blocks.0.processor.proj_lora1.up.weight", up.narrow(0, 0, 16).contiguous()),
            ("single_blocks.1.processor.qkv_lora.down.weight", down), ("single_blocks.1.processor.qkv_lora.up.weight", up),
            ("single_blocks.1.processor.proj_lora.down.weight", wide), ("single_blocks.1.processor.proj_lora.up.weight", back));
        using var lora = LoraFile.Open(path, model.Config);

        lora.Layers.Keys.Order(StringComparer.Ordinal).ShouldBe([
            "single_transformer_blocks.1.attn.to_k", "single_transformer_blocks.1.attn.to_q", "single_transformer_blocks.1.attn.to_v",
            "single_transformer_blocks.1.proj_out",
            "transformer_blocks.0.attn.add_k_proj", "transformer_blocks.0.attn.add_q_proj", "transformer_blocks.0.attn.add_v_proj",
            "transformer_blocks.0.attn.to_out.0"]);
        Close(lora.Layers["transformer_blocks.0.attn.add_k_proj"].Up, up.narrow(0, 16, 16));
        Close(lora.Layers["single_transformer_blocks.1.attn.to_v"].Up, up.narrow(0, 32, 16));
        lora.Layers.Values.ShouldAllBe(layer => layer.Scale == 1);
        model.SetLoras((lora, 1));

        static void Close(Tensor actual, Tensor expected) => (actual - expected).abs().max().ToSingle().ShouldBe(0);
    }

    [Fact]
    public void A_bias_of_the_map_back_is_added_with_its_strength()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = TinyFlux.NewTransformer();
        var bias = randn(16);
        var path = Write([.. Pair("transformer.x_embedder", 16, 16), ("transformer.x_embedder.lora_B.bias", bias)]);
        using var lora = LoraFile.Open(path, model.Config);
        var layer = model.Linears()["x_embedder"];
        var input = randn(3, 16);
        var before = layer.forward(input);

        model.SetLoras((lora, 0.5));

        var pair = lora.Layers["x_embedder"];
        var expected = before.Plus(input.mm(pair.Down.t()).mm(pair.Up.t()).Plus(bias), 0.5);
        (layer.forward(input) - expected).abs().max().ToSingle().ShouldBeLessThan(1e-5f);
    }

    [Theory]
    [InlineData("transformer.transformer_blocks.0.attn.to_q", ".lora_A.weight", ".lora_B.weight")]
    [InlineData("base_model.model.transformer.transformer_blocks.0.attn.to_q", ".lora_A.default.weight", ".lora_B.default.weight")]
    [InlineData("transformer.transformer_blocks.0.attn.to_q", ".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight")]
    [InlineData("lora_transformer_transformer_blocks_0_attn_to_q", ".lora_down.weight", ".lora_up.weight")]
    [InlineData("lycoris_transformer_blocks_0_attn_to_q", ".lora_down.weight", ".lora_up.weight")]
    [InlineData("transformer_blocks.0.attn.to_q", ".lora.down.weight", ".lora.up.weight")]
    [InlineData("unet.transformer_blocks.0.attn.to_q", ".lora_A.weight", ".lora_B.weight")]
    public void A_layer_is_found_under_the_prefixes_that_trainers_write(string module, string down, string up)
    {
        using var scope = NewDisposeScope();
        var path = Write((module + down, randn(2, 16, 1, 1)), (module + up, randn(16, 2, 1, 1)));
        using var lora = LoraFile.Open(path, TinyFlux.Transformer);

        lora.Layers.Keys.ShouldHaveSingleItem().ShouldBe("transformer_blocks.0.attn.to_q");
    }

    [Theory]
    [InlineData("diffusion_model.single_blocks.0.linear2")]
    [InlineData("model.diffusion_model.single_blocks.0.linear2")]
    [InlineData("lora_unet_single_blocks_0_linear2")]
    public void A_layer_of_the_original_release_is_found_under_its_prefixes(string module)
    {
        using var scope = NewDisposeScope();
        var path = Write((module + ".lora_A.weight", randn(2, 80)), (module + ".lora_B.weight", randn(16, 2)));
        using var lora = LoraFile.Open(path, TinyFlux.Transformer);

        lora.Layers.Keys.ShouldHaveSingleItem().ShouldBe("single_transformer_blocks.0.proj_out");
    }

    [Fact]
    public void A_lora_of_rank_0_is_refused()
    {
        using var scope = NewDisposeScope();
        var path = Write(("transformer.x_embedder.lora_A.weight", zeros(0, 16)), ("transformer.x_embedder.lora_B.weight", zeros(16, 0)));
        Should.Throw<InvalidDataException>(() => LoraFile.Open(path, TinyFlux.Transformer)).Message.ShouldContain("do not share a rank");
    }

    [Theory]
    [InlineData("transformer.x_embedder.lora_magnitude_vector", "is of a DoRA, which cannot be applied")]
    [InlineData("lora_unet_double_blocks_0_img_attn_proj.dora_scale", "is of a DoRA, which cannot be applied")]
    [InlineData("lora_unet_double_blocks_0_img_attn_proj.lokr_w1", "is of a LoKr, which cannot be applied")]
    [InlineData("lora_unet_double_blocks_0_img_attn_proj.hada_w1_a", "is of a LoHa, which cannot be applied")]
    public void An_adapter_of_another_kind_is_refused_by_its_kind(string tensor, string why)
    {
        using var scope = NewDisposeScope();
        var path = Write([.. Pair("transformer.x_embedder", 16, 16), (tensor, randn(16))]);
        Should.Throw<InvalidDataException>(() => LoraFile.Open(path, TinyFlux.Transformer)).Message.ShouldContain($"\"{tensor}\" {why}");
    }

    [Fact]
    public async Task Tensors_for_the_text_encoders_are_left_out_with_a_warning_on_the_image()
    {
        using var folder = new TinyFluxFolder();
        string path;
        using (NewDisposeScope()) path = Write([.. Pair("transformer.x_embedder", 16, 16), .. Pair("lora_te1_text_model_encoder_layers_0_mlp_fc1", 10, 20)]);
        await using var engine = folder.OpenEngine();

        var image = await engine.PaintAsync(new() { Prompt = "a red circle", Seed = 1, Width = 16, Height = 16, Loras = [new(path)] });

        image.Warnings.ShouldHaveSingleItem().ShouldContain("also changes text encoders (2 tensors, such as lora_te1_");
    }

    private static IEnumerable<FluxCase> All() => FluxCase.All(@"\.scale[\d.]+$").Where(golden => golden.HasPart("transformer") && FilesOf(golden).Count > 0);

    // Those that case.json describes and that are there.
    private static List<string> FilesOf(FluxCase golden) => golden.Json.Find("files") is { ValueKind: JsonValueKind.Object } files
        ? [.. files.EnumerateObject().Where(file => file.Value.ValueKind == JsonValueKind.String && File.Exists(golden.PathOf(file.Name)))
            .Select(file => file.Name)]
        : [];

    private static (string Name, Tensor Tensor)[] Pair(string layer, int from, int to) =>
        [($"{layer}.lora_A.weight", randn(2, from)), ($"{layer}.lora_B.weight", randn(to, 2))];

    [Theory]
    [InlineData("pissa_niter_16")]
    [InlineData("OLoRA")]
    public void An_adapter_for_weights_that_training_changed_first_is_refused(string way)
    {
        using var scope = NewDisposeScope();
        var path = Write($"{{\"transformer.r\": 2, \"transformer.init_lora_weights\": \"{way}\"}}", Pair("transformer.x_embedder", 16, 16));
        Should.Throw<InvalidDataException>(() => LoraFile.Open(path, TinyFlux.Transformer)).Message.ShouldContain($"\"init_lora_weights\" is \"{way}\"");
    }

    private string Write(string metadata, (string Name, Tensor Tensor)[] tensors)
    {
        var path = _folder.File("with-metadata.safetensors");
        SafetensorsWriter.Write(
            path,
            tensors.ToDictionary(entry => entry.Name, entry => entry.Tensor, StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["lora_adapter_metadata"] = metadata });
        return path;
    }

    private string Write(params (string Name, Tensor Tensor)[] tensors)
    {
        var path = _folder.File("lora.safetensors");
        SafetensorsWriter.Write(path, tensors.ToDictionary(entry => entry.Name, entry => entry.Tensor, StringComparer.Ordinal));
        return path;
    }
}
