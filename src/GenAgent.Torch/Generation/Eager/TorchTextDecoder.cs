using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Generation.Eager;

/// <summary>Runs the model's own layers over a paged cache in tensors, on the model's device.</summary>
internal sealed class TorchTextDecoder(Qwen25VLModel model) : ITextDecoder
{
    private readonly Qwen25TextConfig _config = model.Config.Text;
    private Tensor[] _keys = [];
    private Tensor[] _values = [];
    private float[] _logits = [];

    /// <inheritdoc/>
    public int VocabularySize => _config.VocabularySize;

    /// <inheritdoc/>
    public int LogitStride => _config.VocabularySize;

    /// <inheritdoc/>
    public int BlockTokens => 16;

    /// <inheritdoc/>
    public long BytesPerBlock => 2L * _config.Layers * BlockTokens * _config.KeyValueHeads * _config.HeadSize * (model.DType == ScalarType.Float32 ? 4 : 2);

    /// <inheritdoc/>
    public void AllocateCache(int blocks)
    {
        _keys = [.. Enumerable.Range(0, _config.Layers).Select(_ => New())];
        _values = [.. Enumerable.Range(0, _config.Layers).Select(_ => New())];

        // Zeroed, so that a masked slot that was never written cannot hold a NaN.
        Tensor New() =>
            zeros([(long)blocks * BlockTokens, _config.KeyValueHeads, _config.HeadSize], dtype: model.DType, device: model.Device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<float> Run(StepBatch batch)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var positions = tensor(batch.Positions.AsSpan(0, 3 * batch.Tokens).ToArray(), [batch.Tokens, 3], device: model.Device).transpose(0, 1).unsqueeze(1);
        var hidden = model.Language.Forward(Embed(batch), positions, new PagedAttention(_keys, _values, BlockTokens, batch));
        long[] wanted = [.. batch.Spans.Where(span => span.LogitRow >= 0).Select(span => (long)(span.Start + span.Count - 1))];
        if (wanted.Length == 0)
        {
            return ReadOnlyMemory<float>.Empty;
        }

        var logits = model.Head(hidden[0].index_select(0, tensor(wanted, device: model.Device))).to(ScalarType.Float32).cpu().contiguous();
        if (_logits.Length < wanted.Length * VocabularySize)
        {
            _logits = new float[wanted.Length * VocabularySize];
        }

        logits.data<float>().CopyTo(_logits);
        return _logits.AsMemory(0, wanted.Length * VocabularySize);
    }

    /// <inheritdoc/>
    public void Refresh()
    {
        // The model's own tensors are used directly.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var states in _keys.Concat(_values))
        {
            states.Dispose();
        }
    }

    private Tensor Embed(StepBatch batch)
    {
        var ids = tensor(batch.Ids.AsSpan(0, batch.Tokens).ToArray(), [1, batch.Tokens], dtype: ScalarType.Int64, device: model.Device);
        var embeddings = model.Language.Embeddings.forward(ids);
        var (rows, features) = (new List<long>(), new List<float>());
        for (var row = 0; row < batch.Tokens; row++)
        {
            if (batch.Features[row] is { } feature)
            {
                rows.Add(row);
                features.AddRange(feature.Span);
            }
        }

        if (rows.Count > 0)
        {
            var states = tensor(features.ToArray(), [rows.Count, _config.HiddenSize], device: model.Device).to(model.DType);
            embeddings.index_copy_(1, tensor(rows.ToArray(), device: model.Device), states.unsqueeze(0));
        }

        return embeddings;
    }
}
