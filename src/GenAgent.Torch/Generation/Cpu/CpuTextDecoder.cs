using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Text;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// The language model in vector instructions, without libtorch: at the sizes of a step the cost of an eager tensor operation is many times
/// that of its arithmetic. Activations are fp32; weights fp32 or bf16. A token's logits have the same bits in any batch.
/// </summary>
internal sealed unsafe class CpuTextDecoder : ITextDecoder
{
    private readonly Qwen25VLModel _model;
    private readonly Qwen25TextConfig _config;
    private readonly CpuLayer[] _layers;
    private readonly WeightMatrix _head;
    private readonly float[] _finalNorm;
    private readonly float[] _frequencies;
    private readonly long[] _axes;
    private readonly WorkerTeam _team;
    private readonly StepScratch _scratch;
    private readonly float[][] _workspaces;
    private TensorRows? _embeddings;
    private PagedKeyValues? _cache;
    private StepBatch _batch = new();

    /// <summary>Packs a model's weights.</summary>
    /// <param name="model">The model; its embedding table is read in place.</param>
    /// <param name="isBFloat16">Whether weights are rounded to bf16, which halves what a step reads.</param>
    /// <param name="threads">Number of workers, 1 or more.</param>
    public CpuTextDecoder(Qwen25VLModel model, bool isBFloat16, int threads)
    {
        (_model, _config) = (model, model.Config.Text);
        _layers = [.. Enumerable.Range(0, _config.Layers).Select(_ => new CpuLayer(_config, isBFloat16))];
        _head = new WeightMatrix(_config.VocabularySize, _config.HiddenSize, isBFloat16);
        _finalNorm = GC.AllocateArray<float>(_config.HiddenSize, pinned: true);
        _frequencies = Rotary.Frequencies(_config.HeadSize / 2, _config.RopeTheta);
        _axes = TextRotary.AxesOf(_config.MRopeSections);
        _team = new WorkerTeam(threads);
        _scratch = new StepScratch(_config, _head.PaddedOutputs);
        _workspaces = new float[threads][];
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
        var longest = 0;
        foreach (var span in batch.Spans)
        {
            longest = Math.Max(longest, span.Past + span.Count);
        }

        for (var worker = 0; worker < _workspaces.Length; worker++)
        {
            // Query and output of one head, then the scores.
            var size = (2 * _cache!.Width) + longest + (2 * BlockTokens);
            if (_workspaces[worker] is not { } workspace || workspace.Length < size)
            {
                _workspaces[worker] = GC.AllocateUninitializedArray<float>(2 * size, pinned: true);
            }
        }

        _team.Run(Step);
        return _scratch.Logits.AsMemory(0, batch.LogitRows * LogitStride);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _scratch.Dispose();
        _head.Dispose();
        _cache?.Dispose();
        _embeddings?.Dispose();
        foreach (var layer in _layers)
        {
            layer.Dispose();
        }
    }

    /// <summary>All of a step, run by every worker; a barrier stands wherever one worker needs what another has made.</summary>
    private void Step(int worker)
    {
        var (from, to) = RowsOf(worker);
        for (var row = from; row < to; row++)
        {
            Embed(row);
            Norm(row, _layers[0].AttentionNorm);
        }

        _team.Barrier();
        for (var i = 0; i < _layers.Length; i++)
        {
            var layer = _layers[i];
            Project(layer);
            Turn(i, from, to);
            Attend(i, worker);
            AddProduct(layer.Output, _scratch.Mixed, _scratch.MixedStride);
            for (var row = from; row < to; row++)
            {
                Norm(row, layer.MlpNorm);
            }

            _team.Barrier();
            Gate(layer);
            AddProduct(layer.Down, _scratch.Inner, _scratch.InnerStride);
            if (i + 1 < _layers.Length)
            {
                for (var row = from; row < to; row++)
                {
                    Norm(row, _layers[i + 1].AttentionNorm);
                }

                _team.Barrier();
            }
        }

        Logits(worker);
    }

    private (int From, int To) RowsOf(int worker)
    {
        var rows = _batch.Tokens;
        return ((int)((long)rows * worker / _team.Size), (int)((long)rows * (worker + 1) / _team.Size));
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
            var angle = _batch.Positions[(3 * row) + _axes[i]] * _frequencies[i];
            (sin[i], cos[i]) = (MathF.Sin(angle), MathF.Cos(angle));
        }
    }

    private void Norm(int row, float[] weight) => VectorMath.RmsNorm(
        _scratch.Hidden + ((long)row * _scratch.HiddenStride), Pointer(weight), _scratch.Normed + ((long)row * _scratch.HiddenStride), _config.HiddenSize, (float)_config.RmsNormEps);

    private void Project(CpuLayer layer)
    {
        var matrix = layer.QueryKeyValue;
        var stride = _scratch.QkvStride;
        var bias = Pointer(layer.Bias);
        while (TakePanels(matrix.Panels, 1, out var from, out var to))
        {
            MatrixKernels.Multiply(matrix, _scratch.Normed, _scratch.HiddenStride, _batch.Tokens, _scratch.Qkv, stride, from, to);
            var (start, width) = (from * WeightMatrix.PanelWidth, (to - from) * WeightMatrix.PanelWidth);
            for (var row = 0; row < _batch.Tokens; row++)
            {
                VectorMath.Add(bias + start, _scratch.Qkv + ((long)row * stride) + start, width);
            }
        }

        _team.Barrier();
    }

    /// <summary>Turns queries and keys to their positions, scales the queries, and stores keys and values.</summary>
    private void Turn(int layer, int from, int to)
    {
        var (heads, keyHeads, size, pairs) = (_config.Heads, _config.KeyValueHeads, _config.HeadSize, _scratch.Pairs);
        var scale = 1f / MathF.Sqrt(size);
        foreach (var span in _batch.Spans)
        {
            for (var row = Math.Max(from, span.Start); row < Math.Min(to, span.Start + span.Count); row++)
            {
                var states = _scratch.Qkv + ((long)row * _scratch.QkvStride);
                var cos = _scratch.Cos + ((long)row * pairs);
                var sin = _scratch.Sin + ((long)row * pairs);
                for (var head = 0; head < heads + keyHeads; head++)
                {
                    TurnHead(states + (head * size), cos, sin, pairs, head < heads ? scale : 1);
                }

                var token = span.Past + row - span.Start;
                var (block, slot) = (span.Blocks[token / BlockTokens], token % BlockTokens);
                for (var head = 0; head < keyHeads; head++)
                {
                    var key = states + ((heads + head) * size);
                    var value = states + ((heads + keyHeads + head) * size);
                    KeepToken(layer, block, slot, head, key, value);
                }
            }
        }

        _team.Barrier();
    }

    private void KeepToken(int layer, int block, int slot, int head, float* key, float* value)
    {
        var keys = _cache!.Keys(layer, block, head) + slot;
        var values = _cache.Values(layer, block, head) + ((long)slot * _cache.Width);
        for (var i = 0; i < _config.HeadSize; i++)
        {
            keys[i * BlockTokens] = key[i];
        }

        for (var i = _config.HeadSize; i < _cache.Width; i++)
        {
            keys[i * BlockTokens] = 0;
        }

        new ReadOnlySpan<float>(value, _config.HeadSize).CopyTo(new Span<float>(values, _config.HeadSize));
        new Span<float>(values + _config.HeadSize, _cache.Width - _config.HeadSize).Clear();
    }

    private static void TurnHead(float* head, float* cos, float* sin, int pairs, float scale)
    {
        for (var i = 0; i < pairs; i++)
        {
            var (first, second) = (head[i], head[i + pairs]);
            head[i] = ((first * cos[i]) - (second * sin[i])) * scale;
            head[i + pairs] = ((second * cos[i]) + (first * sin[i])) * scale;
        }
    }

    private void Attend(int layer, int worker)
    {
        var workspace = Pointer(_workspaces[worker]);
        var query = workspace;
        var output = workspace + _cache!.Width;
        var scores = workspace + (2 * _cache.Width);
        var (size, groups) = (_config.HeadSize, _config.QueryGroups);
        new Span<float>(query, _cache.Width).Clear();
        var items = _batch.Tokens * _config.KeyValueHeads;
        var (index, span) = (0, _batch.Spans[0]);
        for (var item = _team.TakeNext(); item < items; item = _team.TakeNext())
        {
            var (row, head) = Math.DivRem(item, _config.KeyValueHeads);
            while (row >= span.Start + span.Count)
            {
                span = _batch.Spans[++index];
            }

            for (var group = 0; group < groups; group++)
            {
                var at = ((head * groups) + group) * size;
                new ReadOnlySpan<float>(_scratch.Qkv + ((long)row * _scratch.QkvStride) + at, size).CopyTo(new Span<float>(query, size));
                AttentionKernel.Attend(_cache, layer, head, span.Blocks, span.Past + row - span.Start + 1, query, scores, output);
                new ReadOnlySpan<float>(output, size).CopyTo(new Span<float>(_scratch.Mixed + ((long)row * _scratch.MixedStride) + at, size));
            }
        }

        _team.Barrier();
    }

    /// <summary>Adds a product to the residual stream.</summary>
    private void AddProduct(WeightMatrix matrix, float* input, int inputStride)
    {
        while (TakePanels(matrix.Panels, 1, out var from, out var to))
        {
            MatrixKernels.Multiply(matrix, input, inputStride, _batch.Tokens, _scratch.Update, _scratch.HiddenStride, from, to);
            var (start, width) = (from * WeightMatrix.PanelWidth, (to - from) * WeightMatrix.PanelWidth);
            for (var row = 0; row < _batch.Tokens; row++)
            {
                var at = ((long)row * _scratch.HiddenStride) + start;
                VectorMath.Add(_scratch.Update + at, _scratch.Hidden + at, width);
            }
        }

        _team.Barrier();
    }

    private void Gate(CpuLayer layer)
    {
        const int Width = WeightMatrix.PanelWidth;
        var stride = 2 * _scratch.InnerStride;
        while (TakePanels(layer.GateUp.Panels, 2, out var from, out var to))
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

        _team.Barrier();
    }

    private void Logits(int worker)
    {
        if (worker == 0)
        {
            foreach (var span in _batch.Spans.Where(span => span.LogitRow >= 0))
            {
                // The rows of normed states are free by now; logit rows come in the order of the spans, never after their own row.
                var last = _scratch.Hidden + ((long)(span.Start + span.Count - 1) * _scratch.HiddenStride);
                VectorMath.RmsNorm(last, Pointer(_finalNorm), _scratch.Normed + ((long)span.LogitRow * _scratch.HiddenStride), _config.HiddenSize, (float)_config.RmsNormEps);
            }
        }

        _team.Barrier();
        while (_batch.LogitRows > 0 && TakePanels(_head.Panels, 1, out var from, out var to))
        {
            MatrixKernels.Multiply(_head, _scratch.Normed, _scratch.HiddenStride, _batch.LogitRows, Pointer(_scratch.Logits), LogitStride, from, to);
        }

        _team.Barrier();
    }

    /// <summary>The next run of panels that no worker has taken since the last barrier.</summary>
    private bool TakePanels(int panels, int together, out int from, out int to)
    {
        const int ChunksPerWorker = 4;
        const int Step = 4;
        var chunk = _team.Size == 1 ? panels : Math.Max(Step, ((panels / (_team.Size * ChunksPerWorker)) + Step - 1) / Step * Step);
        chunk = (chunk + together - 1) / together * together;
        from = Math.Min(panels, _team.TakeNext() * chunk);
        to = Math.Min(panels, from + chunk);
        return from < to;
    }

    /// <summary>Where a pinned array's memory begins.</summary>
    private static float* Pointer(float[] pinned) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
