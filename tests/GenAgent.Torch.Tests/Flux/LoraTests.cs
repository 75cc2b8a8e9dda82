using System.Globalization;
using System.Text.RegularExpressions;
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
            foreach (var name in FluxCase.With(@"\.scale[\d.]+$").Select(row => row.Data))
            {
                foreach (var file in FluxCase.Open(name).Json.GetProperty("files").EnumerateObject())
                    rows.Add(name, file.Name, Regex.Match(file.Value.GetString()!, @"expected: (?<key>\w+)\.scale", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["key"].Value);
            }

            return rows;
        }
    }

    public static TheoryData<string> Cases => FluxCase.With(@"\.scale[\d.]+$");

    public void Dispose() => _folder.Dispose();

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public void A_lora_of_any_layout_and_strength_changes_the_velocity_as_the_reference_does(string name, string file, string key)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var lora = LoraFile.Open(golden.PathOf(file), model.Config);
        string[] scales = [.. golden.Names.Where(tensor => tensor.StartsWith(key + ".scale", StringComparison.Ordinal))];
        scales.ShouldNotBeEmpty();
        foreach (var tensor in scales)
        {
            model.SetLoras((lora, double.Parse(tensor[(key.Length + ".scale".Length)..], CultureInfo.InvariantCulture)));

            golden.ShouldMatch(FluxInputs.Run(model, golden, "in."), tensor, 5e-5, 1e-4);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Taking_loras_off_gives_the_plain_model_back_to_the_bit(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        using var lora = LoraFile.Open(golden.PathOf(golden.Json.GetProperty("files").EnumerateObject().First().Name), model.Config);
        var before = FluxInputs.Run(model, golden, "in.");
        golden.ShouldMatch(before, "base", 5e-5, 1e-4);

        model.SetLoras((lora, 1));
        FluxInputs.Run(model, golden, "in.");
        model.SetLoras();

        FluxInputs.Run(model, golden, "in.").eq(before).all().item<bool>().ShouldBeTrue();
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Several_loras_at_once_are_the_sum_of_each_at_its_strength(string name)
    {
        var golden = FluxCase.Open(name);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = FluxFolder.LoadTransformer(golden.ModelFolder, dtype: ScalarType.Float32);
        LoraFile[] loras = [.. golden.Json.GetProperty("files").EnumerateObject().Select(file => LoraFile.Open(golden.PathOf(file.Name), model.Config))];
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
        var path = Write(("transformer.transformer_blocks.7.attn.to_q.lora_A.weight", zeros(2, 16)), ("transformer.transformer_blocks.7.attn.to_q.lora_B.weight", zeros(16, 2)));

        Should.Throw<InvalidDataException>(() => LoraFile.Open(path, model.Config)).Message.ShouldContain("transformer_blocks.7.attn.to_q");
    }

    [Fact]
    public void A_lora_of_another_width_is_refused_and_leaves_the_model_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer();
        var path = Write(("transformer.transformer_blocks.0.attn.to_q.lora_A.weight", zeros(2, 99)), ("transformer.transformer_blocks.0.attn.to_q.lora_B.weight", zeros(16, 2)));
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

    private string Write(params (string Name, Tensor Tensor)[] tensors)
    {
        var path = _folder.File("lora.safetensors");
        SafetensorsWriter.Write(path, tensors.ToDictionary(entry => entry.Name, entry => entry.Tensor, StringComparer.Ordinal));
        return path;
    }
}
