using GenAgent.Torch.Packed;
using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>
/// A checkpoint whose 8-bit weights have a factor beside them, as ComfyUI's scaled fp8 files (<c>scale_weight</c>, <c>scaled_fp8</c>; newer ones
/// <c>weight_scale</c>, <c>comfy_quant</c>) and others (<c>input_scale</c>): weights are multiplied by their factor when read, and the factors are not
/// listed as tensors. Owns the source.
/// </summary>
internal sealed class ScaledWeights : IWeightSource
{
    private const string Weight = "weight";

    private static readonly string[] Factors = ["scale_weight", "weight_scale"];
    private static readonly string[] Beside = ["scale_input", "input_scale", "comfy_quant"];
    private static readonly string[] Markers = ["scaled_fp8", "spiece_model"];

    private readonly IWeightSource _source;
    private readonly Dictionary<string, string> _factors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorEntry> _entries = new(StringComparer.Ordinal);

    private ScaledWeights(IWeightSource source)
    {
        _source = source;
        foreach (var entry in source.Entries.Values)
        {
            var (layer, last) = Split(entry.Name);
            if (Markers.Contains(last, StringComparer.Ordinal) || (Beside.Contains(last, StringComparer.Ordinal) && source.Entries.ContainsKey(layer + Weight)))
            {
                continue;
            }
            if (Factors.Contains(last, StringComparer.Ordinal) && source.Entries.TryGetValue(layer + Weight, out var weight))
            {
                RequireFit(weight, entry);
                _factors[weight.Name] = entry.Name;
                continue;
            }

            _entries.Add(entry.Name, entry);
        }
    }

    public string Location => _source.Location;

    public IReadOnlyDictionary<string, TensorEntry> Entries => _entries;

    bool IWeightSource.HasPacked => _source.HasPacked;

    /// <summary>The source itself, or with its factors applied where it has some.</summary>
    /// <exception cref="SafetensorsException">Factors are of a kind that is not known; names the tensor.</exception>
    public static IWeightSource Over(IWeightSource source)
    {
        if (!source.Entries.Keys.Any(IsOfScaling)) return source;
        try
        {
            return new ScaledWeights(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        if (!_factors.TryGetValue(name, out var factor)) return _source.Read(name, dtype, device);
        using var scope = NewDisposeScope();
        var scaled = _source.Read(name, ScalarType.Float32) * Factor(factor);
        return scaled.to(dtype ?? ScalarType.Float32, device ?? CPU).MoveToOuterDisposeScope();
    }

    public void ReadInto(string name, Tensor target)
    {
        if (!_factors.ContainsKey(name))
        {
            _source.ReadInto(name, target);
            return;
        }

        using var values = Read(name);
        target.copy_(values);
    }

    PackedWeight? IWeightSource.ReadPacked(string name, long firstRow, long rows)
    {
        if (_source.ReadPacked(name, firstRow, rows) is not { } packed) return null;
        if (!_factors.TryGetValue(name, out var factor)) return packed;
        using var scope = NewDisposeScope();
        var scale = Factor(factor);
        return packed.WithScale(scale.shape[0] == 1 ? scale.clone() : scale.narrow(0, firstRow, rows).clone());
    }

    long? IWeightSource.PackedBytes(string name) => _source.PackedBytes(name);

    public void Dispose() => _source.Dispose();

    // [1, 1] or [rows, 1].
    private Tensor Factor(string name) => _source.Read(name, ScalarType.Float32).reshape(-1, 1);

    private static bool IsOfScaling(string name) => Split(name).Last is var last
        && (Factors.Contains(last, StringComparer.Ordinal) || Beside.Contains(last, StringComparer.Ordinal) || Markers.Contains(last, StringComparer.Ordinal));

    private static (string Layer, string Last) Split(string name)
    {
        var dot = name.LastIndexOf('.');
        return (name[..(dot + 1)], name[(dot + 1)..]);
    }

    private void RequireFit(TensorEntry weight, TensorEntry factor)
    {
        var fits = weight.Type is SafetensorsType.F8E4M3 or SafetensorsType.F8E5M2 or SafetensorsType.I8
            && factor.Type is SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16
            && weight.Shape.Count == 2
            && (factor.ElementCount == 1 || (factor.ElementCount == weight.Shape[0] && factor.Shape[0] == weight.Shape[0]));
        if (!fits)
            throw new SafetensorsException(
                $"{Location}: {weight} has the factors {factor}: weights packed in this way are not read (fp8 and int8 with one factor for the matrix or for "
                    + "each row are).");
    }
}
