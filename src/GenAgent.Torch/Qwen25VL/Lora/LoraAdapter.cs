using GenAgent.Torch.Layers;
using GenAgent.Torch.Safetensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Lora;

/// <summary>
/// A LoRA adapter on a model: trainable beside its weights, or merged into them. One adapter at a time; not thread-safe.
/// The caller owns the model; disposing removes the adapter.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private const string PeftPrefix = "base_model.model.";

    private readonly Qwen25VLModel _model;
    private readonly List<(string Name, Linear Layer, LoraPair Pair)> _pairs = [];
    private readonly List<Tensor> _unmerged = [];

    private LoraAdapter(Qwen25VLModel model, LoraOptions options) => (_model, Options) = (model, options);

    /// <summary>The adapter's shape.</summary>
    public LoraOptions Options { get; }

    /// <summary>Whether the update is currently merged into the model's weights.</summary>
    public bool IsMerged => _unmerged.Count > 0;

    /// <summary>The trainable tensors under PEFT's names, fp32.</summary>
    public IReadOnlyDictionary<string, Parameter> Parameters =>
        _pairs.SelectMany(pair => new[] { (Key: PeftName(pair.Name, 'A'), Value: pair.Pair.Down), (Key: PeftName(pair.Name, 'B'), Value: pair.Pair.Up) })
            .ToDictionary(pair => pair.Key, pair => (Parameter)pair.Value, StringComparer.Ordinal);

    /// <summary>
    /// Adds a new adapter to the model and freezes the model's own weights: A is random and B is zero, so nothing changes before the first step.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The adapter; the caller disposes it before the model.</returns>
    /// <exception cref="InvalidDataException">No layer's name matches a target.</exception>
    /// <exception cref="ArgumentException">The model has an adapter already.</exception>
    public static LoraAdapter Create(Qwen25VLModel model, LoraOptions options, ulong seed)
    {
        var adapter = Empty(model, options);
        using var noGrad = no_grad();
        using var generator = new Generator(seed, CPU);
        foreach (var (name, layer) in Layers(model).Where(layer => options.Targets(layer.Name)))
        {
            var rank = options.RankOf(name);
            var bound = 1 / Math.Sqrt(layer.Weight.shape[1]);
            var a = empty(rank, layer.Weight.shape[1], dtype: ScalarType.Float32).uniform_(-bound, bound, generator).to(model.Device);
            adapter.Add(name, layer, a, zeros(layer.Weight.shape[0], rank, dtype: ScalarType.Float32, device: model.Device));
        }

        return adapter.Attached($"No linear layer's name ends in {string.Join(", ", options.TargetModules)}.");
    }

    /// <summary>The number of trainable values that an adapter of this shape would have; 0 if no layer's name matches.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options.</param>
    /// <returns>0 or more.</returns>
    public static long Count(Qwen25VLModel model, LoraOptions options) =>
        Layers(model).Where(layer => options.Targets(layer.Name)).Sum(layer => options.RankOf(layer.Name) * layer.Layer.Weight.shape.Sum());

    /// <summary>Loads an adapter in PEFT's layout, with the tensor names of older or newer transformers, and freezes the model's own weights.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">Holds <c>adapter_config.json</c> and the weights.</param>
    /// <param name="weights">The weights' file, where it is not the folder's usual one.</param>
    /// <returns>The adapter; the caller disposes it before the model.</returns>
    /// <exception cref="InvalidDataException">The settings are wrong, or a tensor has no partner, no layer or not the layer's shape.</exception>
    public static LoraAdapter Load(Qwen25VLModel model, string folder, string? weights = null)
    {
        var adapter = Empty(model, LoraOptions.Load(folder));
        using var source = WeightSource.Open(weights ?? folder);
        var layers = Layers(model).ToDictionary(layer => layer.Name, layer => layer.Layer, StringComparer.Ordinal);
        var files = source.Entries.Keys.ToDictionary(name => LayerName(name, source.Location), name => name);
        foreach (var ((name, part), file) in files)
        {
            if (!layers.TryGetValue(name, out var layer) || !files.TryGetValue((name, part == 'A' ? 'B' : 'A'), out var partner))
            {
                throw new InvalidDataException($"{source.Location}: \"{file}\" belongs to no linear layer of the model, or lacks its other half.");
            }

            if (part == 'A')
            {
                adapter.Add(name, layer, source.Read(file, ScalarType.Float32, model.Device), source.Read(partner, ScalarType.Float32, model.Device));
                CheckShape(adapter._pairs[^1], source.Location);
            }
        }

        return adapter.Attached($"{source.Location} holds no adapter.");
    }

    /// <summary>Merges an adapter into a model's weights permanently; whether the weights are trainable does not change.</summary>
    /// <inheritdoc cref="Load(Qwen25VLModel, string, string)"/>
    public static void MergeInto(Qwen25VLModel model, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var adapter = Load(model, folder);
        using var noGrad = no_grad();
        foreach (var (_, layer, pair) in adapter._pairs)
        {
            using var scope = NewDisposeScope();
            layer.Weight.copy_(layer.Weight.to(ScalarType.Float32).Plus(pair.Delta()));
        }
    }

    /// <summary>Writes the adapter in PEFT's layout, with the names of newer transformers.</summary>
    /// <param name="folder">Created if absent.</param>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(
            Path.Combine(folder, "adapter_model.safetensors"),
            Parameters.ToDictionary(pair => pair.Key, Tensor (pair) => pair.Value, StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        Options.Save(Path.Combine(folder, LoraOptions.FileName));
    }

    /// <summary>Merges the update into the model's weights, for speed; keeps a copy of the original weights.</summary>
    public void Merge()
    {
        if (IsMerged)
        {
            return;
        }

        using var noGrad = no_grad();
        foreach (var (_, layer, pair) in _pairs)
        {
            using var scope = NewDisposeScope();
            _unmerged.Add(layer.Weight.detach().clone().DetachFromDisposeScope());
            layer.Weight.copy_(layer.Weight.to(ScalarType.Float32).Plus(pair.Delta()));
            layer.Adapter = null;
        }
    }

    /// <summary>Restores the model's original weights exactly; the update is applied separately again.</summary>
    public void Unmerge()
    {
        if (!IsMerged)
        {
            return;
        }

        using var noGrad = no_grad();
        for (var i = 0; i < _pairs.Count; i++)
        {
            _pairs[i].Layer.Weight.copy_(_unmerged[i]);
            _pairs[i].Layer.Adapter = _pairs[i].Pair;
            _unmerged[i].Dispose();
        }

        _unmerged.Clear();
    }

    /// <summary>Removes the adapter; the model's weights are then unchanged and trainable again.</summary>
    public void Dispose()
    {
        Unmerge();
        foreach (var (_, layer, pair) in _pairs)
        {
            layer.Adapter = null;
            pair.Dispose();
        }

        _pairs.Clear();
        Freeze(false);
    }

    private static LoraAdapter Empty(Qwen25VLModel model, LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return Layers(model).Any(layer => layer.Layer.Adapter is not null)
            ? throw new ArgumentException("The model has an adapter already: dispose or merge that one first.", nameof(model))
            : new LoraAdapter(model, options);
    }

    private LoraAdapter Attached(string ifNone)
    {
        if (_pairs.Count == 0)
        {
            throw new InvalidDataException(ifNone);
        }

        foreach (var (_, layer, pair) in _pairs)
        {
            layer.Adapter = pair;
        }

        Freeze(true);
        return this;
    }

    private void Freeze(bool frozen)
    {
        foreach (var parameter in _model.parameters())
        {
            parameter.requires_grad = !frozen;
        }
    }

    private void Add(string name, Linear layer, Tensor a, Tensor b)
    {
        // A parameter takes ownership of its tensor, so the rank is read first.
        var scale = Options.ScaleOf(name, (int)a.shape[0]);
        _pairs.Add((name, layer, new LoraPair(LastingParameter.Of(a), LastingParameter.Of(b), scale)));
    }

    private static IEnumerable<(string Name, Linear Layer)> Layers(Qwen25VLModel model) =>
        model.named_modules().Where(named => named.module is Linear).Select(named => (named.name, (Linear)named.module));

    private static string PeftName(string layer, char part) => $"{PeftPrefix}{layer}.lora_{part}.weight";

    private static (string Name, char Part) LayerName(string peft, string location)
    {
        var marker = peft.LastIndexOf(".lora_", StringComparison.Ordinal);
        if (marker < 0 || !peft.StartsWith(PeftPrefix, StringComparison.Ordinal)
            || peft[marker..] is not (".lora_A.weight" or ".lora_B.weight" or ".lora_A.default.weight" or ".lora_B.default.weight"))
        {
            throw new InvalidDataException($"{location}: \"{peft}\" is no name of a LoRA tensor as PEFT writes it.");
        }

        return (Qwen25VLCheckpoint.ToModelName(peft[PeftPrefix.Length..marker]), peft[marker + ".lora_".Length]);
    }

    private static void CheckShape((string Name, Linear Layer, LoraPair Pair) one, string location)
    {
        var (a, b, weight) = (one.Pair.Down.shape, one.Pair.Up.shape, one.Layer.Weight.shape);
        if (a is not [_, _] || b is not [_, _] || a[0] != b[1] || a[1] != weight[1] || b[0] != weight[0])
        {
            throw new InvalidDataException(
                $"{location}: the update of \"{one.Name}\" is [{string.Join(", ", b)}] x [{string.Join(", ", a)}], but the layer is "
                    + $"[{string.Join(", ", weight)}].");
        }
    }
}
