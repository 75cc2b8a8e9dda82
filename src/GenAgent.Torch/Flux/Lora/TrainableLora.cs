using GenAgent.Seeds;
using GenAgent.Torch.Flux.Layers;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Safetensors;
using TorchSharp.Modules;
using Linear = GenAgent.Torch.Flux.Layers.Linear;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Lora;

/// <summary>
/// A new LoRA on a transformer, to be trained: it starts as no change at all. The transformer's own weights are frozen while it is on.
/// Owns its parameters; disposing takes it off.
/// </summary>
public sealed class TrainableLora : IDisposable
{
    private readonly FluxTransformer _model;
    private readonly SortedDictionary<string, LoraAdapter> _adapters = new(StringComparer.Ordinal);
    private readonly int _rank;
    private readonly double _alpha;

    /// <summary>Puts a LoRA on the layers that <paramref name="target"/> picks.</summary>
    /// <param name="model">The transformer; LoRAs that are on it are taken off.</param>
    /// <param name="rank">Rank of every correction, 1 or more.</param>
    /// <param name="alpha">Strength; the correction is times alpha over rank.</param>
    /// <param name="target">Picks layers by their published name, such as <c>transformer_blocks.0.attn.to_q</c>; by default all maps of attention.</param>
    /// <param name="seed">Draws the start.</param>
    /// <exception cref="ArgumentException">No layer is picked.</exception>
    public TrainableLora(FluxTransformer model, int rank, double alpha, ulong seed, Func<string, bool>? target = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        (_model, _rank, _alpha) = (model, rank, alpha);
        target ??= name => name.Contains(".attn.", StringComparison.Ordinal);
        model.SetLoras();
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        foreach (var (name, linear) in model.Linears().Where(layer => target(layer.Key))) _adapters[name] = linear.Adapter = Start(linear, SeedPath.FromRoot(seed).Child(name).Value);
        if (_adapters.Count == 0) throw new ArgumentException("No layer of the transformer was picked for the LoRA.", nameof(target));
    }

    /// <summary>What is trained, under the names of the saved file.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> NamedParameters =>
        _adapters.SelectMany(adapter => new[]
        {
            ($"transformer.{adapter.Key}.lora_A.weight", (Parameter)adapter.Value.Down),
            ($"transformer.{adapter.Key}.lora_B.weight", (Parameter)adapter.Value.Up),
        });

    /// <summary>Writes the LoRA in the layout of PEFT/diffusers, with its alpha in the metadata.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="weights">Values to write instead of the parameters', such as an average over training, by name.</param>
    public void Save(string path, IReadOnlyDictionary<string, Tensor>? weights = null)
    {
        var metadata = FormattableString.Invariant($"{{\"transformer.r\": {_rank}, \"transformer.lora_alpha\": {_alpha}}}");
        SafetensorsWriter.Write(
            path,
            weights ?? NamedParameters.ToDictionary(entry => entry.Name, entry => (Tensor)entry.Parameter, StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["lora_adapter_metadata"] = metadata });
    }

    /// <inheritdoc/>
    public void Dispose() => _model.SetLoras();

    private LoraAdapter Start(Linear linear, ulong seed)
    {
        var (outFeatures, inFeatures) = (linear.Weight.shape[0], linear.Weight.shape[1]);
        using var generator = new Generator(seed);
        using var draw = empty([_rank, inFeatures], dtype: ScalarType.Float32).uniform_(-1 / Math.Sqrt(inFeatures), 1 / Math.Sqrt(inFeatures), generator);
        var down = new Parameter(draw.to(linear.Weight.dtype, linear.Weight.device, copy: true));
        var up = new Parameter(zeros([outFeatures, _rank], dtype: linear.Weight.dtype, device: linear.Weight.device));
        return new LoraAdapter(down, up, _alpha / _rank);
    }
}
