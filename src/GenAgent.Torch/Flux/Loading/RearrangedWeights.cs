using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>Some rows of a stored tensor.</summary>
internal sealed record StoredRows(string Name, long From, long Count);

/// <summary>A tensor made by concatenating rows of stored tensors, in the given shape.</summary>
internal sealed record RearrangedTensor(IReadOnlyList<long> Shape, IReadOnlyList<StoredRows> Rows);

/// <summary>A checkpoint with renamed and rearranged tensors. Does not own the source.</summary>
internal sealed class RearrangedWeights : IWeightSource
{
    private readonly IWeightSource _source;
    private readonly Dictionary<string, RearrangedTensor> _tensors;
    private readonly Dictionary<string, TensorEntry> _entries;

    public RearrangedWeights(IWeightSource source, Dictionary<string, RearrangedTensor> tensors)
    {
        _source = source;
        _tensors = tensors;
        _entries = tensors.ToDictionary(
            pair => pair.Key,
            pair =>
            {
                var stored = source.Entries[pair.Value.Rows[0].Name];
                var elements = pair.Value.Shape.Aggregate(1L, (product, side) => product * side);
                return new TensorEntry(pair.Key, stored.Type, pair.Value.Shape, 0, elements * SafetensorsTypes.SizeOf(stored.Type));
            },
            StringComparer.Ordinal);
    }

    public string Location => _source.Location;

    public IReadOnlyDictionary<string, TensorEntry> Entries => _entries;

    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        using var scope = NewDisposeScope();
        var tensor = _tensors.GetValueOrDefault(name) ?? throw new SafetensorsException($"{Location}: there is no tensor \"{name}\".");
        var rows = tensor.Rows.Select(part => _source.Read(part.Name, dtype).narrow(0, part.From, part.Count)).ToArray();
        var joined = (rows.Length == 1 ? rows[0] : cat(rows, 0)).reshape([.. tensor.Shape]).contiguous();
        return (device is null ? joined : joined.to(device)).MoveToOuterDisposeScope();
    }

    public void ReadInto(string name, Tensor target)
    {
        using var values = Read(name);
        target.copy_(values);
    }

    bool IWeightSource.HasPacked => _tensors.Values.Any(tensor => tensor.Rows.Any(part => _source.PackedBytes(part.Name) is not null));

    PackedWeight? IWeightSource.ReadPacked(string name, long firstRow, long rows)
    {
        var parts = new List<PackedWeight>();
        foreach (var part in _tensors[name].Rows)
        {
            if (_source.ReadPacked(part.Name, part.From, part.Count) is { } packed && (parts.Count == 0 || parts[0].Format == packed.Format))
            {
                parts.Add(packed);
                continue;
            }

            foreach (var one in parts) one.Dispose();
            return null;
        }

        return PackedWeight.Join(parts);
    }

    long? IWeightSource.PackedBytes(string name)
    {
        long?[] bytes = [.. _tensors[name].Rows.Select(part => _source.PackedBytes(part.Name) * part.Count / Math.Max(_source.Entries[part.Name].Shape[0], 1))];
        return bytes.All(one => one is not null) ? bytes.Sum() : null;
    }

    public void Dispose()
    {
    }
}
