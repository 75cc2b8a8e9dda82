using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>Rotary positions in the half-split convention: dimension i turns together with i + half.</summary>
internal static class Rotary
{
    /// <summary>Angular speed of each pair of dimensions: <c>[pairs]</c>, fp32.</summary>
    public static float[] Frequencies(int pairs, double theta)
    {
        var frequencies = new float[pairs];
        for (var i = 0; i < pairs; i++)
        {
            // The reference computes base^(2i/width) in fp32 and then its inverse.
            frequencies[i] = 1f / (float)Math.Pow(theta, (float)(2 * i) / (2 * pairs));
        }

        return frequencies;
    }

    /// <summary>Turns <paramref name="states"/> by tables that broadcast against it: cos and sin <c>[..., width]</c>.</summary>
    public static Tensor Apply(Tensor states, Tensor cos, Tensor sin)
    {
        var halves = states.chunk(2, dim: -1);
        return (states * cos).Plus(cat([halves[1].neg(), halves[0]], dim: -1) * sin);
    }
}
