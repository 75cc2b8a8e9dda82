using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Text;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// The language model in vector instructions, without libtorch: a step is so small that calling an eager tensor operation costs many times its arithmetic.
/// Activations are fp32; weights fp32 or bf16. A token's logits have the same bits in any batch.
/// </summary>
internal sealed unsafe class CpuTextDecoder : ITextDecoder
{
    /// <summary>Up to this many rows, one worker is faster than several.</summary>
    private const int RowsOfOneWorker = 4;

    private readonly Qwen25VLModel _model;
    private readonly Qwen25TextConfig _config;
    private readonly Arena _weights = new(32 << 20);
    private readonly CpuLayer[] _layers;
    private readonly WeightMatrix _head;
    private readonly float[] _finalNorm;
    private readonly float[] _frequencies;
    private readonly long[] _axes;
    private readonly WorkerTeam _team;
    private readonly StepScratch _scratch;
    private readonly float[][] _workspaces;
    private readonly Action<int> _step;
    private TensorRows? _embeddings;
    private PagedKeyValues? _cache;
    private StepBatch _batch = new();

    private enum RowWork
    {
        /// <summary>Fetches the embedding, the angles of the position, and the first layer's norm.</summary>
        Embed,

        /// <summary>Rotates queries and keys, and stores keys and values.</summary>
        Turn,

        /// <summary>The norm before a layer's MLP.</summary>
        MlpNorm,

        /// <summary>The norm before the next layer's attention.</summary>
        NextNorm,

        /// <summary>The norm before the head, for rows whose logits are wanted.</summary>
        FinalNorm,
    }

    /// <summary>Packs a model's weights.</summary>
    /// <param name="model">The model; its embedding table is read in place.</param>
    /// <param name="isBFloat16">Whether weights are rounded to bf16, which halves what a step reads.</param>
    /// <param name="threads">Number of workers, 1 or more.</param>
    public CpuTextDecoder(Qwen25VLModel model, bool isBFloat16, int threads)
    {
        (_model, _config) = (model, model.Config.Text);
        _layers = [.. Enumerable.Range(0, _config.Layers).Select(_ => new CpuLayer(_config, isBFloat16, _weights))];
        _head = new WeightMatrix(_config.VocabularySize, _config.HiddenSize, isBFloat16, _weights);
        _finalNorm = GC.AllocateArray<float>(_config.HiddenSize, pinned: true);
        _frequencies = Rotary.Frequencies(_config.HeadSize / 2, _config.RopeTheta);
        _axes = TextRotary.AxesOf(_config.MRopeSections);
        _team = new WorkerTeam(threads);
        _scratch = new StepScratch(_config, _head.PaddedOutputs);
        _workspaces = new float[threads][];
        _step = Step;
        Refresh();
    }

    /// <inheritdoc/>
    public int VocabularySize => _config.VocabularySize;

    /// <inheritdoc/>
    public int BlockTokens => PagedKeyValues.BlockTokens;

    /// <inheritdoc/>
    public long BytesPerBlock => PagedKeyValues.BytesPerBlock(_config.Layers, _config.KeyValueHeads, _config.HeadSize);

    /// <summary>Bytes of weights that every step reads.</summary>
    public long WeightBytes => _layers.Sum(layer => layer.Bytes) + _head.Bytes;

    /// <inheritdoc/>
    public int LogitStride => _head.PaddedOutputs;

    /// <inheritdoc/>
    public void AllocateCache(int blocks) => _cache = new PagedKeyValues(_config.Layers, _config.KeyValueHeads, _config.HeadSize, blocks);

    /// <inheritdoc/>
    public void Refresh()
    {
        _embeddings?.Dispose();
        _embeddings = TensorRows.Of(_model.Language.Embeddings.Weight);
        for (var i = 0; i < _layers.Length; i++)
        {
            _layers[i].Pack(_model.Language.Layers[i]);
        }

        using var head = TensorRows.Of(_model.HeadWeight);
        _head.Pack(head.Read);
        TensorRows.Vector(_model.Language.Norm.Weight).CopyTo(_finalNorm, 0);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<float> Run(StepBatch batch)
    {
        _batch = batch;
        _scratch.Reserve(batch.Tokens, batch.LogitRows);
        var longest = _scratch.PlaceRows(batch.Spans);

        // Queries and outputs of the heads that share a key-value head, then a row of scores for each.
        var size = AttentionKernel.PaddedHeads(_config.QueryGroups) * ((2 * _cache!.Width) + AttentionKernel.Padded(longest));
        for (var worker = 0; worker < _workspaces.Length; worker++)
        {
            if (_workspaces[worker] is not { } workspace || workspace.Length < size)
            {
                _workspaces[worker] = GC.AllocateArray<float>(2 * size, pinned: true);
            }
        }

        _team.Run(_step);
        return _scratch.Logits.AsMemory(0, batch.LogitRows * LogitStride);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _scratch.Dispose();
        _weights.Dispose();
        _cache?.Dispose();
        _embeddings?.Dispose();
    }

    /// <summary>A whole step, run by every worker: phases of items; between phases only the number of the next one is decided.</summary>
    private void Step(int worker)
    {
        EachRow(worker, WorkerTeam.Over, RowWork.Embed, layer: 0);
        for (var i = 0; i < _layers.Length; i++)
        {
            var layer = _layers[i];
            EachRow(worker, Project(worker, layer), RowWork.Turn, i);
            Attend(worker, i);
            EachRow(worker, AddProduct(worker, layer.Output, _scratch.Mixed, _scratch.MixedStride), RowWork.MlpNorm, i);
            Gate(worker, layer);
            EachRow(
                worker, AddProduct(worker, layer.Down, _scratch.Inner, _scratch.InnerStride), i + 1 < _layers.Length ? RowWork.NextNorm : RowWork.FinalNorm, i);
        }

        if (_batch.LogitRows > 0)
        {
            Logits(worker);
        }
    }

    /// <summary>
    /// The work on each token's row by itself. After a product of few rows the worker that finished it does this; otherwise it is a phase of its own.
    /// </summary>
    /// <param name="worker">The worker.</param>
    /// <param name="end">How the product's phase ended for this worker; <see cref="WorkerTeam.Over"/> if there was none.</param>
    /// <param name="work">What to do.</param>
    /// <param name="layer">In which layer.</param>
    private void EachRow(int worker, int end, RowWork work, int layer)
    {
        var rows = _batch.Tokens;
        var isAlone = rows <= RowsOfOneWorker && work != RowWork.Embed;
        if (end == WorkerTeam.Last)
        {
            for (var row = 0; isAlone && row < rows; row++)
            {
                Do(work, layer, row);
            }

            _team.EndPhase(worker);
        }

        while (!isAlone && _team.TryTake(worker, (rows + RowsOfOneWorker - 1) / RowsOfOneWorker, out var item))
        {
            for (var row = item * RowsOfOneWorker; row < Math.Min(rows, (item + 1) * RowsOfOneWorker); row++)
            {
                Do(work, layer, row);
            }
        }
    }

    private void Do(RowWork work, int layer, int row)
    {
        switch (work)
        {
            case RowWork.Embed:
                Embed(row);
                Norm(row, _layers[0].AttentionNorm, row);
                break;
            case RowWork.Turn:
                Turn(layer, row);
                break;
            case RowWork.MlpNorm:
                Norm(row, _layers[layer].MlpNorm, row);
                break;
            case RowWork.NextNorm:
                Norm(row, _layers[layer + 1].AttentionNorm, row);
                break;
            default:
                var span = _scratch.Spans[row];
                if (span.LogitRow >= 0 && row == span.Start + span.Count - 1)
                {
                    Norm(row, _finalNorm, span.LogitRow);
                }

                break;
        }
    }

    private void Embed(int row)
    {
        var target = new Span<float>(_scratch.Hidden + ((long)row * _scratch.HiddenStride), _config.HiddenSize);
        if (_batch.Features[row] is { } feature)
        {
            feature.Span.CopyTo(target);
        }
        else
        {
            _embeddings!.Read(_batch.Ids[row], target);
        }

        var cos = _scratch.Cos + ((long)row * _scratch.Pairs);
        var sin = _scratch.Sin + ((long)row * _scratch.Pairs);
        for (var i = 0; i < _scratch.Pairs; i++)
        {
            (sin[i], cos[i]) = MathF.SinCos(_batch.Positions[(3 * row) + _axes[i]] * _frequencies[i]);
        }
    }

    private void Norm(int row, float[] weight, int target) => VectorMath.RmsNorm(
        _scratch.Hidden + ((long)row * _scratch.HiddenStride), Pointer(weight), _scratch.Normed + ((long)target * _scratch.HiddenStride), _config.HiddenSize,
        (float)_config.RmsNormEps);

    private int Project(int worker, CpuLayer layer)
    {
        var matrix = layer.QueryKeyValue;
        var stride = _scratch.QkvStride;
        var bias = Pointer(layer.Bias);
        int end;
        while (TakePanels(worker, matrix.Panels, 1, out var from, out var to, out end))
        {
            MatrixKernels.Multiply(matrix, _scratch.Normed, _scratch.HiddenStride, _batch.Tokens, _scratch.Qkv, stride, from, to);
            var (start, width) = (from * WeightMatrix.PanelWidth, (to - from) * WeightMatrix.PanelWidth);
            for (var row = 0; row < _batch.Tokens; row++)
            {
                VectorMath.Add(bias + start, _scratch.Qkv + ((long)row * stride) + start, width);
            }
        }

        return end;
    }

    /// <summary>Rotates a token's queries and keys to its position, scales the queries, and stores keys and values.</summary>
    private void Turn(int layer, int row)
    {
        var (heads, keyHeads, size, pairs) = (_config.Heads, _config.KeyValueHeads, _config.HeadSize, _scratch.Pairs);
        var scale = 1f / MathF.Sqrt(size);
        var states = _scratch.Qkv + ((long)row * _scratch.QkvStride);
        var cos = _scratch.Cos + ((long)row * pairs);
        var sin = _scratch.Sin + ((long)row * pairs);
        for (var head = 0; head < heads + keyHeads; head++)
        {
            VectorMath.Rotate(states + (head * size), cos, sin, pairs, head < heads ? scale : 1);
        }

        var span = _scratch.Spans[row];
        var (block, slot) = Math.DivRem(span.Past + row - span.Start, BlockTokens);
        for (var head = 0; head < keyHeads; head++)
        {
            _cache!.Keep(layer, span.Blocks[block], slot, head, states + ((heads + head) * size), states + ((heads + keyHeads + head) * size), size);
        }
    }

    private void Attend(int worker, int layer)
    {
        var (size, groups, width) = (_config.HeadSize, _config.QueryGroups, _cache!.Width);
        var padded = AttentionKernel.PaddedHeads(groups);
        var queries = Pointer(_workspaces[worker]);
        var outputs = queries + (padded * width);
        while (_team.TryTake(worker, _batch.Tokens * _config.KeyValueHeads, out var item))
        {
            var (row, head) = Math.DivRem(item, _config.KeyValueHeads);
            var span = _scratch.Spans[row];
            var at = head * groups * size;
            for (var group = 0; group < groups; group++)
            {
                // The padding behind each head and behind the last head is never written, so it stays zero.
                new ReadOnlySpan<float>(_scratch.Qkv + ((long)row * _scratch.QkvStride) + at + (group * size), size).CopyTo(
                    new Span<float>(queries + (group * width), size));
            }

            AttentionKernel.Attend(_cache, layer, head, span.Blocks, span.Past + row - span.Start + 1, groups, queries, outputs + (padded * width), outputs);
            for (var group = 0; group < groups; group++)
            {
                new ReadOnlySpan<float>(outputs + (group * width), size).CopyTo(
                    new Span<float>(_scratch.Mixed + ((long)row * _scratch.MixedStride) + at + (group * size), size));
            }
        }
    }

    /// <summary>Adds a product to the residual stream.</summary>
    private int AddProduct(int worker, WeightMatrix matrix, float* input, int inputStride)
    {
        int end;
        while (TakePanels(worker, matrix.Panels, 1, out var from, out var to, out end))
        {
            MatrixKernels.Multiply(matrix, input, inputStride, _batch.Tokens, _scratch.Update, _scratch.HiddenStride, from, to);
            var (start, width) = (from * WeightMatrix.PanelWidth, (to - from) * WeightMatrix.PanelWidth);
            for (var row = 0; row < _batch.Tokens; row++)
            {
                var at = ((long)row * _scratch.HiddenStride) + start;
                VectorMath.Add(_scratch.Update + at, _scratch.Hidden + at, width);
            }
        }

        return end;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gate(int worker, CpuLayer layer)
    {
        const int Width = WeightMatrix.PanelWidth;
        var stride = 2 * _scratch.InnerStride;
        int end;
        while (TakePanels(worker, layer.GateUp.Panels, 2, out var from, out var to, out end))
        {
            MatrixKernels.Multiply(layer.GateUp, _scratch.Normed, _scratch.HiddenStride, _batch.Tokens, _scratch.GateUp, stride, from, to);
            for (var row = 0; row < _batch.Tokens; row++)
            {
                var both = _scratch.GateUp + ((long)row * stride);
                var inner = _scratch.Inner + ((long)row * _scratch.InnerStride);
                for (var panel = from; panel < to; panel += 2)
                {
                    VectorMath.GatedSilu(both + (panel * Width), both + ((panel + 1) * Width), inner + (panel / 2 * Width), Width);
                }
            }
        }

        EndAfter(worker, end);
    }

    private void Logits(int worker)
    {
        int end;
        while (TakePanels(worker, _head.Panels, 1, out var from, out var to, out end))
        {
            MatrixKernels.Multiply(_head, _scratch.Normed, _scratch.HiddenStride, _batch.LogitRows, Pointer(_scratch.Logits), LogitStride, from, to);
        }

        EndAfter(worker, end);
    }

    private void EndAfter(int worker, int end)
    {
        if (end == WorkerTeam.Last)
        {
            _team.EndPhase(worker);
        }
    }

    /// <summary>The next run of panels that no worker has taken; if there is none, how the phase ended.</summary>
    private bool TakePanels(int worker, int panels, int together, out int from, out int to, out int end)
    {
        const int ChunksPerWorker = 8;
        const int Step = 4;
        var chunk = _team.Size == 1 ? panels : Math.Max(Step, panels / (_team.Size * ChunksPerWorker) / Step * Step);
        chunk = (chunk + together - 1) / together * together;
        end = _team.Take(worker, (panels + chunk - 1) / chunk);
        from = Math.Max(end, 0) * chunk;
        to = Math.Min(panels, from + chunk);
        return end >= 0;
    }

    /// <summary>Where a pinned array's memory begins.</summary>
    private static float* Pointer(float[] pinned) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
