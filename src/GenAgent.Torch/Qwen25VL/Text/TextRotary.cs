using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>M-RoPE: each frequency of a head rotates by the time, height or width position, according to the sections.</summary>
internal sealed class TextRotary
{
    private readonly float[] _frequencies;
    private readonly long[] _axes;

    public TextRotary(Qwen25TextConfig config)
    {
        _frequencies = Rotary.Frequencies(config.HeadSize / 2, config.RopeTheta);
        _axes = AxesOf(config.MRopeSections);
    }

    /// <summary>For each frequency, the axis whose position rotates it.</summary>
    public static long[] AxesOf(IReadOnlyList<int> sections) =>
        [.. sections.SelectMany((width, axis) => Enumerable.Repeat((long)axis, width))];

    /// <summary>The tables for positions <c>[3, batch, tokens]</c>; computed in fp32.</summary>
    public RotaryTable Table(Tensor positions, ScalarType dtype)
    {
        var device = positions.device;
        var perFrequency = positions.to(ScalarType.Float32).index_select(0, tensor(_axes, device: device));
        var angles = perFrequency.permute(1, 2, 0) * tensor(_frequencies, device: device);
        var both = cat([angles, angles], dim: -1).unsqueeze(1);
        return new RotaryTable(both.cos().to(dtype), both.sin().to(dtype));
    }
}
