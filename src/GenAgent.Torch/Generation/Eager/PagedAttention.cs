using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL.Text;
using static TorchSharp.torch;

namespace GenAgent.Torch.Generation.Eager;

/// <summary>
/// Attention of one step over a paged cache in tensors. Sequences with one new token are batched, padded to the longest; each piece of a prompt is computed
/// by itself.
/// </summary>
internal sealed class PagedAttention : IAttentionContext
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly Tensor _slots;
    private readonly List<Group> _groups = [];

    /// <summary>Plans a step.</summary>
    /// <param name="keys">Per layer, <c>[slots, key-value heads, head size]</c>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="blockTokens">Slots in a block.</param>
    /// <param name="batch">The step.</param>
    public PagedAttention(Tensor[] keys, Tensor[] values, int blockTokens, StepBatch batch)
    {
        (_keys, _values) = (keys, values);
        var device = keys[0].device;
        var slots = new long[batch.Tokens];
        var single = new List<StepSpan>();
        foreach (var span in batch.Spans)
        {
            for (var i = 0; i < span.Count; i++)
            {
                slots[span.Start + i] = Slot(span, span.Past + i);
            }

            if (span.Count == 1)
            {
                single.Add(span);
            }
            else
            {
                _groups.Add(Prompt(span));
            }
        }

        _slots = tensor(slots, device: device);
        if (single.Count > 0)
        {
            _groups.Add(Singles(single));
        }

        long Slot(StepSpan span, int token) => ((long)span.Blocks[token / blockTokens] * blockTokens) + (token % blockTokens);

        Group Prompt(StepSpan span)
        {
            var length = span.Past + span.Count;
            var mask = ones(span.Count, length, dtype: ScalarType.Bool, device: device).tril(span.Past).view(1, 1, span.Count, length);
            return new Group(tensor(Enumerable.Range(span.Start, span.Count).Select(row => (long)row).ToArray(), device: device), 1,
                tensor(Enumerable.Range(0, length).Select(token => Slot(span, token)).ToArray(), device: device), mask);
        }

        Group Singles(List<StepSpan> spans)
        {
            var longest = spans.Max(span => span.Past + 1);
            var (gather, seen) = (new long[spans.Count * longest], new bool[spans.Count * longest]);
            for (var row = 0; row < spans.Count; row++)
            {
                for (var token = 0; token < longest; token++)
                {
                    seen[(row * longest) + token] = token <= spans[row].Past;
                    gather[(row * longest) + token] = Slot(spans[row], Math.Min(token, spans[row].Past));
                }
            }

            return new Group(tensor(spans.Select(span => (long)span.Start).ToArray(), device: device), spans.Count,
                tensor(gather, device: device), tensor(seen, device: device).view(spans.Count, 1, 1, longest));
        }
    }

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        // All tokens of the step come as one sequence: [1, heads, tokens, head size].
        _keys[layer].index_copy_(0, _slots, key[0].transpose(0, 1));
        _values[layer].index_copy_(0, _slots, value[0].transpose(0, 1));
        var output = empty_like(query);
        foreach (var (rows, batch, gather, mask) in _groups)
        {
            var (heads, size, groups) = (query.shape[1], query.shape[3], query.shape[1] / key.shape[1]);
            var queries = query.index_select(2, rows).view(heads, batch, -1, size).transpose(0, 1);
            var mixed = nn.functional.scaled_dot_product_attention(queries, Gathered(_keys[layer]), Gathered(_values[layer]), mask);
            output.index_copy_(2, rows, mixed.transpose(0, 1).reshape(1, heads, -1, size));

            Tensor Gathered(Tensor states) =>
                CausalAttention.Shared(states.index_select(0, gather).view(batch, -1, key.shape[1], size).transpose(1, 2), groups);
        }

        return output;
    }

    /// <summary>Sequences whose attention is one call.</summary>
    /// <param name="Rows">The step's tokens that they bring.</param>
    /// <param name="Batch">Number of sequences.</param>
    /// <param name="Gather">Their cache slots, sequence after sequence, all of one length.</param>
    /// <param name="Mask">Which slots a token sees.</param>
    private sealed record Group(Tensor Rows, int Batch, Tensor Gather, Tensor Mask);
}
