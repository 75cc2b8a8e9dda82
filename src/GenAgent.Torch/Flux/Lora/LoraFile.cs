using System.Text.Json;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Layers;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Lora;

/// <summary>
/// A LoRA for a transformer of a given shape, read from a file in the layout of PEFT/diffusers, of kohya's sd-scripts or of XLabs. Owns its tensors (fp32
/// on the CPU).
/// </summary>
public sealed class LoraFile : IDisposable
{
    private LoraFile(string path, Dictionary<string, LoraPair> layers, IReadOnlyList<string> skipped)
    {
        Path = path;
        Layers = layers;
        Skipped = skipped;
    }

    /// <summary>Where it was read from.</summary>
    public string Path { get; }

    /// <summary>Corrections by the layer's published name.</summary>
    internal IReadOnlyDictionary<string, LoraPair> Layers { get; }

    /// <summary>How many layers it corrects.</summary>
    public int Count => Layers.Count;

    /// <summary>Tensors for the text encoders, which are not applied.</summary>
    public IReadOnlyList<string> Skipped { get; }

    /// <summary>Reads a LoRA.</summary>
    /// <param name="path">The path.</param>
    /// <param name="config">The shape of the model.</param>
    /// <returns>The LoRA; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SafetensorsException">The file is broken.</exception>
    /// <exception cref="InvalidDataException">A tensor is for no layer of this transformer, a pair is not whole, shapes do not fit, or the adapter is of a
    /// kind that cannot be applied.</exception>
    public static LoraFile Open(string path, FluxTransformerConfig config)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(config);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such LoRA file.", path);
        using var file = SafetensorsFile.Open(path);
        var names = new LoraNames(config);
        var skipped = new List<string>();
        var found = new Dictionary<string, LoraTensors>(StringComparer.Ordinal);
        foreach (var tensor in file.Entries.Keys)
        {
            if (LoraNames.IsOfTextEncoder(tensor))
            {
                skipped.Add(tensor);
                continue;
            }

            var (module, kind) = LoraNames.Split(tensor) ?? throw new InvalidDataException($"{path}: \"{tensor}\" {LoraNames.Refusal(tensor)}");
            if (!found.TryGetValue(module, out var tensors)) found[module] = tensors = new LoraTensors();
            tensors[kind] = tensor;
        }

        var layers = new Dictionary<string, LoraPair>(StringComparer.Ordinal);
        try
        {
            var alphas = LoraAlphas.From(path, file.Metadata);
            foreach (var (module, tensors) in found) Add(layers, file, module, tensors, names, alphas);
            return new LoraFile(path, layers, skipped);
        }
        catch
        {
            Release(layers);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release(Layers);

    private static void Add(Dictionary<string, LoraPair> layers, SafetensorsFile file, string module, LoraTensors tensors, LoraNames names, LoraAlphas alphas)
    {
        if (tensors.Down is null || tensors.Up is null)
            throw new InvalidDataException($"{file.Location}: \"{module}\" has only one of the two matrices of a LoRA.");
        var targets = names.Find(module)
            ?? throw new InvalidDataException($"{file.Location}: \"{module}\" is no layer of this transformer; is the LoRA for FLUX.1 of this size?");

        using var scope = NewDisposeScope();
        var (down, up) = (Matrix(file.Read(tensors.Down, ScalarType.Float32)), Matrix(file.Read(tensors.Up, ScalarType.Float32)));
        if (down.dim() != 2 || up.dim() != 2 || down.shape[0] != up.shape[1] || down.shape[0] == 0)
            throw new InvalidDataException(
                $"{file.Location}: \"{module}\" has matrices of [{string.Join(", ", down.shape)}] and [{string.Join(", ", up.shape)}], which do not share a "
                    + "rank.");
        var rank = (int)down.shape[0];
        var scale = tensors.Alpha is null ? alphas.Scale(module, rank) : file.Read(tensors.Alpha, ScalarType.Float32).item<float>() / rank;
        var bias = tensors.Bias is null ? null : file.Read(tensors.Bias, ScalarType.Float32);
        if (bias is not null && (bias.dim() != 1 || bias.shape[0] != up.shape[0]))
        {
            throw new InvalidDataException(
                $"{file.Location}: the bias of \"{module}\" has [{string.Join(", ", bias.shape)}] values for {up.shape[0]} outputs.");
        }
        foreach (var target in targets)
        {
            var layer = new LoraPair(down.clone(), Rows(up, target), bias is null ? null : Rows(bias, target), scale);
            if (!layers.TryAdd(target.Layer, layer))
            {
                layer.Dispose();
                throw new InvalidDataException($"{file.Location}: two of its modules are for the layer \"{target.Layer}\".");
            }
        }
    }

    // Some trainers write a linear layer's matrices as kernels of 1x1 convolutions.
    private static Tensor Matrix(Tensor tensor) =>
        tensor.dim() == 4 && tensor.shape[2] == 1 && tensor.shape[3] == 1 ? tensor.view(tensor.shape[0], tensor.shape[1]) : tensor;

    private static Tensor Rows(Tensor all, LoraTarget target) =>
        cat([.. target.Rows.Select(part => all.narrow(0, all.shape[0] * part.From / part.Of, all.shape[0] * part.Share / part.Of))], 0);

    private static void Release(IReadOnlyDictionary<string, LoraPair> layers)
    {
        foreach (var layer in layers.Values) layer.Dispose();
    }

    private sealed class LoraTensors
    {
        public string? Down { get; private set; }

        public string? Up { get; private set; }

        public string? Alpha { get; private set; }

        public string? Bias { get; private set; }

        public string this[LoraPart kind]
        {
            set => _ = kind switch { LoraPart.Down => Down = value, LoraPart.Up => Up = value, LoraPart.Bias => Bias = value, _ => Alpha = value };
        }
    }
}

/// <summary>The alpha of each layer according to PEFT's metadata; without metadata, alpha is the rank.</summary>
internal sealed class LoraAlphas
{
    private readonly double? _alpha;
    private readonly bool _rankStabilized;
    private readonly List<KeyValuePair<string, double>> _patterns = [];

    private LoraAlphas(double? alpha, bool rankStabilized) => (_alpha, _rankStabilized) = (alpha, rankStabilized);

    public static LoraAlphas From(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue("lora_adapter_metadata", out var text)) return new LoraAlphas(null, rankStabilized: false);
        try
        {
            using var json = JsonDocument.Parse(text);
            JsonElement? Value(string name) =>
                json.RootElement.TryGetProperty("transformer." + name, out var value) || json.RootElement.TryGetProperty(name, out value) ? value : null;
            if (Value("use_dora") is { ValueKind: JsonValueKind.True })
            {
                throw new InvalidDataException($"{path}: the adapter is a DoRA (\"use_dora\"), which cannot be applied.");
            }
            if (Value(PeftInit.Field) is { ValueKind: JsonValueKind.String } init && PeftInit.Fault(init.GetString()) is { } fault)
            {
                throw new InvalidDataException($"{path}: {fault}");
            }
            var alphas = new LoraAlphas(Value("lora_alpha")?.GetDouble(), Value("use_rslora") is { ValueKind: JsonValueKind.True });
            if (Value("alpha_pattern") is { ValueKind: JsonValueKind.Object } patterns)
            {
                foreach (var pattern in patterns.EnumerateObject())
                {
                    PeftPattern.Check(pattern.Name);
                    alphas._patterns.Add(new(pattern.Name, pattern.Value.GetDouble()));
                }
            }

            return alphas;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: its \"lora_adapter_metadata\" cannot be read ({broken.Message}).", broken);
        }
    }

    public double Scale(string module, int rank)
    {
        var layer = module.StartsWith("transformer.", StringComparison.Ordinal) ? module["transformer.".Length..] : module;
        return (PeftPattern.Find(_patterns, layer, module, out var own) ? own : _alpha) is { } alpha ? alpha / (_rankStabilized ? Math.Sqrt(rank) : rank) : 1;
    }
}
