namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// A weight matrix packed for the kernels: panels of 16 outputs, and within a panel input by input, so that every product reads it from
/// front to back. One layout serves one token and many.
/// </summary>
internal sealed unsafe class WeightMatrix
{
    /// <summary>Outputs in a panel.</summary>
    public const int PanelWidth = 16;

    private readonly byte* _start;

    public WeightMatrix(int outputs, int inputs, bool isBFloat16, Arena memory)
    {
        (Outputs, Inputs, IsBFloat16) = (outputs, inputs, isBFloat16);
        Panels = (outputs + PanelWidth - 1) / PanelWidth;
        _start = memory.Take(Bytes);
    }

    /// <summary>Fills the row of one output.</summary>
    /// <param name="output">Which output.</param>
    /// <param name="row">Its weights, one an input.</param>
    public delegate void RowReader(int output, Span<float> row);

    public int Outputs { get; }

    public int Inputs { get; }

    public int Panels { get; }

    public bool IsBFloat16 { get; }

    /// <summary>Size of all weights in bytes.</summary>
    public long Bytes => Panels * PanelBytes;

    /// <summary>Outputs rounded up to whole panels: what a row of results must have room for.</summary>
    public int PaddedOutputs => Panels * PanelWidth;

    private long PanelBytes => (long)Inputs * (IsBFloat16 ? BFloat16Panel.Stride : Float32Panel.Stride);

    /// <summary>Where a panel begins.</summary>
    public byte* Panel(int index) => _start + (index * PanelBytes);

    /// <summary>Packs all weights; outputs that only fill the last panel are zero.</summary>
    public void Pack(RowReader read)
    {
        if (IsBFloat16)
        {
            Pack<BFloat16Panel>(read);
        }
        else
        {
            Pack<Float32Panel>(read);
        }
    }

    private void Pack<TPanel>(RowReader read)
        where TPanel : struct, IWeightPanel
    {
        var rows = new float[PanelWidth * Inputs];
        Span<float> column = stackalloc float[PanelWidth];
        for (var panel = 0; panel < Panels; panel++)
        {
            for (var lane = 0; lane < PanelWidth; lane++)
            {
                var output = (panel * PanelWidth) + lane;
                var row = rows.AsSpan(lane * Inputs, Inputs);
                if (output < Outputs)
                {
                    read(output, row);
                }
                else
                {
                    row.Clear();
                }
            }

            var at = Panel(panel);
            for (var input = 0; input < Inputs; input++, at += TPanel.Stride)
            {
                for (var lane = 0; lane < PanelWidth; lane++)
                {
                    column[lane] = rows[(lane * Inputs) + input];
                }

                TPanel.Store(at, column);
            }
        }
    }
}
