using System.Text.Json;
using GenAgent.Seeds;
using GenAgent.Torch;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Layers;
using GenAgent.Torch.Safetensors;
using GenAgent.Training.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Linear = GenAgent.Torch.Layers.Linear;

namespace GenAgent.Training.FlowMatching;

/// <summary>
/// Low-rank adapters (Hu et al., "LoRA") on a transformer's attention maps: the transformer's own weights are frozen, only the adapters are trained.
/// Initially they change nothing. Saved in the layout of PEFT and diffusers.
/// </summary>
internal sealed class LoraTraining : IDisposable
{
    private const string File = "pytorch_lora_weights.safetensors";
    private static readonly string[] Targets = ["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"];

    private readonly List<(string Name, Linear Map, Parameter Down, Parameter Up)> _adapters = [];
    private readonly int _rank;
    private readonly double _alpha;

    public LoraTraining(FluxTransformer transformer, FlowMatchingOptions options, SeedPath seed)
    {
        _rank = options.LoraRank;
        _alpha = options.LoraAlpha > 0 ? options.LoraAlpha : _rank;
        foreach (var (_, parameter) in transformer.named_parameters()) parameter.requires_grad = false;
        foreach (var (name, module) in transformer.named_modules())
        {
            if (module is not Linear map || !Targets.Any(target => name.EndsWith($".{target}", StringComparison.Ordinal))) continue;
            var (outputs, inputs) = (map.Weight.shape[0], map.Weight.shape[1]);
            var down = new Parameter(SeededNoise.Normal(seed.Child(name), _rank, inputs).TimesInPlace(1 / Math.Sqrt(inputs)).to(map.Weight.device));
            var up = new Parameter(zeros(outputs, _rank, device: map.Weight.device));
            map.Adapter = new LoraPair(down, up, _alpha / _rank);
            _adapters.Add((name, map, down, up));
        }
    }

    /// <summary>The trained tensors, by the names in the file.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> Parameters =>
        _adapters.SelectMany(a => new[] { ($"transformer.{a.Name}.lora_A.weight", a.Down), ($"transformer.{a.Name}.lora_B.weight", a.Up) });

    /// <summary>Writes the adapters to <c>pytorch_lora_weights.safetensors</c> in a folder.</summary>
    public void Save(string folder)
    {
        var peft = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["transformer.r"] = _rank,
            ["transformer.lora_alpha"] = _alpha,
            ["transformer.target_modules"] = Targets,
        };
        SafetensorsWriter.Write(
            Path.Combine(folder, File),
            Parameters.ToDictionary(p => p.Name, p => (Tensor)p.Parameter, StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["lora_adapter_metadata"] = JsonSerializer.Serialize(peft) });
    }

    public void Dispose()
    {
        foreach (var (_, map, _, _) in _adapters)
        {
            map.Adapter?.Dispose();
            map.Adapter = null;
        }
    }
}
