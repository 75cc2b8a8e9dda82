using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>
/// Attention over sequences packed into one row without padding, after a shared prefix. The prefix attends to itself; each sequence attends to the prefix
/// and to itself, and not to its neighbours.
/// </summary>
/// <remarks>Internally the sequences are padded to the longest; only the attention is computed on the padding.</remarks>
internal sealed class PackedAttention : IAttentionContext, IDisposable
{
    private readonly int _prefix;
    private readonly int _count;
    private readonly int _longest;
    private readonly Tensor? _gather;
    private readonly Tensor? _scatter;
    private readonly Tensor? _mask;

    /// <summary>The context for a packed row.</summary>
    /// <param name="prefix">Tokens that all sequences share, at the row's start; 0 for none.</param>
    /// <param name="lengths">Each sequence's own tokens, 1 or more, in the row's order.</param>
    /// <param name="device">Where the row is.</param>
    /// <param name="padding">Tokens at the row's end that belong to no sequence.</param>
    public PackedAttention(int prefix, IReadOnlyList<int> lengths, Device device, int padding = 0)
    {
        (_prefix, _count, _longest) = (prefix, lengths.Count, lengths.Max());
        if (padding > 0 || lengths.Any(length => length != _longest))
        {
            var (gather, scatter) = Places(lengths, _longest, padding);
            (_gather, _scatter) = (tensor(gather, device: device), tensor(scatter, device: device));
        }

        if (prefix > 0)
        {
            using var scope = NewDisposeScope();
            _mask = ones(_longest, prefix + _longest, dtype: ScalarType.Bool, device: device).tril(prefix).MoveToOuterDisposeScope();
        }
    }

    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        if (_prefix == 0)
        {
            return Own(query, key, value, null, null);
        }

        var own = query.shape[2] - _prefix;
        var (queries, keys, values) = (query.split([_prefix, own], 2), key.split([_prefix, own], 2), value.split([_prefix, own], 2));
        var groups = query.shape[1] / key.shape[1];
        var prefix = nn.functional.scaled_dot_product_attention(
            queries[0], CausalAttention.Shared(keys[0], groups), CausalAttention.Shared(values[0], groups), null, p: 0, is_casual: true);
        return cat([prefix, Own(queries[1], keys[1], values[1], keys[0], values[0])], dim: 2);
    }

    /// <summary>Frees the index tensors; the attention and its backward pass must have finished.</summary>
    public void Dispose()
    {
        _gather?.Dispose();
        _scatter?.Dispose();
        _mask?.Dispose();
    }

    private Tensor Own(Tensor query, Tensor key, Tensor value, Tensor? prefixKey, Tensor? prefixValue)
    {
        var groups = query.shape[1] / key.shape[1];
        var mixed = nn.functional.scaled_dot_product_attention(
            SideBySide(query),
            CausalAttention.Shared(Behind(prefixKey, SideBySide(key)), groups),
            CausalAttention.Shared(Behind(prefixValue, SideBySide(value)), groups),
            _mask,
            p: 0,
            is_casual: _mask is null);
        return InARow(mixed);
    }

    private Tensor Behind(Tensor? prefix, Tensor own) =>
        prefix is null ? own : cat([prefix.expand(_count, -1, -1, -1), own], dim: 2);

    /// <summary><c>[1, heads, tokens, width]</c> to <c>[sequences, heads, longest, width]</c>.</summary>
    private Tensor SideBySide(Tensor states)
    {
        var (heads, width) = (states.shape[1], states.shape[3]);
        var rows = states.transpose(1, 2).reshape(-1, heads * width);
        return (_gather is null ? rows : rows.index_select(0, _gather)).view(_count, _longest, heads, width).transpose(1, 2);
    }

    /// <summary>The way back.</summary>
    private Tensor InARow(Tensor states)
    {
        var (heads, width) = (states.shape[1], states.shape[3]);
        var rows = states.transpose(1, 2).reshape(-1, heads * width);
        return (_scatter is null ? rows : rows.index_select(0, _scatter)).view(1, -1, heads, width).transpose(1, 2);
    }

    // Padding repeats the sequence's first token after all real ones, so that no real token attends to it. What fills the row up takes any token's result.
    private static (long[] Gather, long[] Scatter) Places(IReadOnlyList<int> lengths, int longest, int padding)
    {
        var (gather, scatter) = (new long[lengths.Count * longest], new long[lengths.Sum() + padding]);
        for (var (sequence, first) = (0, 0); sequence < lengths.Count; first += lengths[sequence++])
        {
            for (var at = 0; at < longest; at++)
            {
                var slot = (sequence * longest) + at;
                gather[slot] = first + (at < lengths[sequence] ? at : 0);
                if (at < lengths[sequence])
                {
                    scatter[first + at] = slot;
                }
            }
        }

        return (gather, scatter);
    }
}
