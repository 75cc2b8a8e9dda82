using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Text;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>A decoder layer's weights as the kernels read them: q, k and v in one matrix, gate and up in another with alternating panels.</summary>
internal sealed class CpuLayer
{
    private readonly Qwen25TextConfig _config;

    public CpuLayer(Qwen25TextConfig config, bool isBFloat16, Arena memory)
    {
        _config = config;
        var (queries, keys) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
        QueryKeyValue = new WeightMatrix(queries + (2 * keys), config.HiddenSize, isBFloat16, memory);
        Output = new WeightMatrix(config.HiddenSize, queries, isBFloat16, memory);
        GateUp = new WeightMatrix(2 * PaddedInner(config), config.HiddenSize, isBFloat16, memory);
        Down = new WeightMatrix(config.HiddenSize, config.IntermediateSize, isBFloat16, memory);
        Bias = GC.AllocateArray<float>(QueryKeyValue.PaddedOutputs, pinned: true);
        AttentionNorm = GC.AllocateArray<float>(config.HiddenSize, pinned: true);
        MlpNorm = GC.AllocateArray<float>(config.HiddenSize, pinned: true);
    }

    public WeightMatrix QueryKeyValue { get; }

    public WeightMatrix Output { get; }

    public WeightMatrix GateUp { get; }

    public WeightMatrix Down { get; }

    /// <summary>Biases of q, k and v.</summary>
    public float[] Bias { get; }

    public float[] AttentionNorm { get; }

    public float[] MlpNorm { get; }

    public long Bytes => QueryKeyValue.Bytes + Output.Bytes + GateUp.Bytes + Down.Bytes;

    /// <summary>The MLP's width, rounded up to whole panels.</summary>
    public static int PaddedInner(Qwen25TextConfig config) =>
        (config.IntermediateSize + WeightMatrix.PanelWidth - 1) / WeightMatrix.PanelWidth * WeightMatrix.PanelWidth;

    /// <summary>Packs a layer's weights as they are now.</summary>
    public void Pack(DecoderLayer layer)
    {
        var attention = layer.Attention;
        Stack(QueryKeyValue, attention.Query, attention.Key, attention.Value);
        var at = 0;
        foreach (var part in (Linear[])[attention.Query, attention.Key, attention.Value])
        {
            var bias = TensorRows.Vector(part.Bias!);
            bias.CopyTo(Bias, at);
            at += bias.Length;
        }

        Stack(Output, attention.Output);
        Stack(Down, layer.Mlp.Down);
        PackGateUp(layer.Mlp);
        TensorRows.Vector(layer.AttentionNorm.Weight).CopyTo(AttentionNorm, 0);
        TensorRows.Vector(layer.MlpNorm.Weight).CopyTo(MlpNorm, 0);
    }

    private static void Stack(WeightMatrix target, params ReadOnlySpan<Linear> parts)
    {
        var rows = new List<(TensorRows Rows, int Start)>();
        var start = 0;
        foreach (var part in parts)
        {
            rows.Add((TensorRows.Of(part), start));
            start += (int)part.Weight.shape[0];
        }

        target.Pack((output, row) =>
        {
            var part = rows.FindLast(part => part.Start <= output);
            part.Rows.Read(output - part.Start, row);
        });
        rows.ForEach(part => part.Rows.Dispose());
    }

    private void PackGateUp(GatedMlp mlp)
    {
        using var gate = TensorRows.Of(mlp.Gate);
        using var up = TensorRows.Of(mlp.Up);
        GateUp.Pack((output, row) =>
        {
            var (panel, lane) = Math.DivRem(output, WeightMatrix.PanelWidth);
            var inner = (panel / 2 * WeightMatrix.PanelWidth) + lane;
            if (inner >= _config.IntermediateSize)
            {
                row.Clear();
            }
            else
            {
                (panel % 2 == 0 ? gate : up).Read(inner, row);
            }
        });
    }
}
