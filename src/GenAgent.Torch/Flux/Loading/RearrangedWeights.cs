using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>Some rows of a stored tensor.</summary>
internal sealed record StoredRows(string Name, long From, long Count);

/// <summary>A tensor that is made of rows of stored ones, one after the other, in the shape given.</summary>
internal sealed record RearrangedTensor(IReadOnlyList<long> Shape, IReadOnlyList<StoredRows> Rows);

/// <summary>A checkpoint under other names and in other pieces than it is stored in. Does not own the source.</summary>
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

    public void Dispose()
    {
    }
}
