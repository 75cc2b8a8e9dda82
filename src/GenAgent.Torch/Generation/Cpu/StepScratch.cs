using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>The activations of one step, one row per token. Reused from step to step; grows if a step is larger.</summary>
internal sealed unsafe class StepScratch(Qwen25TextConfig config, int vocabularyStride) : IDisposable
{
    private Arena _memory = new(AlignedBuffer.HugePage);
    private int _rows;
    private int _logitRows;

    public int HiddenStride { get; } = Padded(config.HiddenSize);

    public int QkvStride { get; } = Padded((config.Heads + (2 * config.KeyValueHeads)) * config.HeadSize);

    public int MixedStride { get; } = Padded(config.Heads * config.HeadSize);

    public int InnerStride { get; } = CpuLayer.PaddedInner(config);

    public int VocabularyStride { get; } = vocabularyStride;

    public int Pairs { get; } = config.HeadSize / 2;

    /// <summary>The residual stream.</summary>
    public float* Hidden { get; private set; }

    /// <summary>What enters a layer's products.</summary>
    public float* Normed { get; private set; }

    /// <summary>Queries, keys and values.</summary>
    public float* Qkv { get; private set; }

    /// <summary>What attention returns.</summary>
    public float* Mixed { get; private set; }

    /// <summary>Gate and up, panel by panel in turn.</summary>
    public float* GateUp { get; private set; }

    /// <summary>The gated activations.</summary>
    public float* Inner { get; private set; }

    /// <summary>What is added to the residual stream.</summary>
    public float* Update { get; private set; }

    public float* Cos { get; private set; }

    public float* Sin { get; private set; }

    /// <summary>The sequence's piece that each row belongs to.</summary>
    public StepSpan[] Spans { get; private set; } = [];

    /// <summary>Pinned, so that its memory can be handed out and written by the kernels alike.</summary>
    public float[] Logits { get; private set; } = [];

    public void Reserve(int rows, int logitRows)
    {
        if (rows > _rows)
        {
            _memory.Dispose();
            _memory = new Arena(AlignedBuffer.HugePage);
            _rows = Math.Max(rows, 2 * _rows);
            Spans = new StepSpan[_rows];
            Hidden = New(HiddenStride);
            Normed = New(HiddenStride);
            Update = New(HiddenStride);
            Qkv = New(QkvStride);
            Mixed = New(MixedStride);
            GateUp = New(2 * InnerStride);
            Inner = New(InnerStride);
            Cos = New(Pairs);
            Sin = New(Pairs);
        }

        if (logitRows > _logitRows)
        {
            _logitRows = Math.Max(logitRows, 2 * _logitRows);
            Logits = GC.AllocateUninitializedArray<float>(checked(_logitRows * VocabularyStride), pinned: true);
        }
    }

    /// <summary>Notes which piece each row belongs to, and returns how many tokens the longest sequence has by now.</summary>
    public int PlaceRows(IReadOnlyList<StepSpan> spans)
    {
        var longest = 0;
        for (var i = 0; i < spans.Count; i++)
        {
            Spans.AsSpan(spans[i].Start, spans[i].Count).Fill(spans[i]);
            longest = Math.Max(longest, spans[i].Past + spans[i].Count);
        }

        return longest;
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Whole panels plus one: rows whose distance is a power of two would compete for few cache sets.</summary>
    private static int Padded(int width) =>
        ((width + WeightMatrix.PanelWidth - 1) / WeightMatrix.PanelWidth * WeightMatrix.PanelWidth) + WeightMatrix.PanelWidth;

    private float* New(int stride) => (float*)_memory.Take(checked((long)_rows * stride * sizeof(float)));
}
