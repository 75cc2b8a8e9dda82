using GenAgent.Torch;
using GenAgent.Seeds;
using GenAgent.Training.Runs;
using static TorchSharp.torch;

namespace GenAgent.Training.Autoencoder;

/// <summary>
/// A fixed network of random filters at three scales. Random convolutions preserve distances between images well enough to serve as a perceptual loss when
/// no pretrained network is available. Safe to use from several threads at once.
/// </summary>
internal sealed class RandomFeatures : IDisposable
{
    private static readonly int[] Widths = [8, 16, 32];
    private readonly Tensor[] _filters;

    public RandomFeatures(SeedPath seed, Device device)
    {
        _filters = new Tensor[Widths.Length];
        var from = 3;
        for (var i = 0; i < Widths.Length; i++)
        {
            using var scope = NewDisposeScope();
            var filter = SeededNoise.Normal(seed.Child("perceptual", i), Widths[i], from, 3, 3);

            // Zero-mean filters respond to edges and not to brightness, which L1 and L2 already cover.
            filter = filter - filter.mean([1, 2, 3], keepdim: true);
            _filters[i] = filter.Over(Math.Sqrt(from * 9.0)).to(device).DetachFromDisposeScope();
            from = Widths[i];
        }
    }

    /// <summary>Mean absolute difference of two batches' features over all scales, a scalar.</summary>
    public Tensor Distance(Tensor images, Tensor others)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (images, others);
        Tensor? distance = null;
        foreach (var filter in _filters)
        {
            a = Leaky(nn.functional.conv2d(a, filter, strides: [2, 2], padding: [1, 1]));
            b = Leaky(nn.functional.conv2d(b, filter, strides: [2, 2], padding: [1, 1]));
            var here = (a - b).abs().mean();
            distance = distance is null ? here : distance.Plus(here);
        }

        return distance!.MoveToOuterDisposeScope();
    }

    private static Tensor Leaky(Tensor features) => features.maximum(features.Times(0.1));

    public void Dispose()
    {
        foreach (var filter in _filters) filter.Dispose();
    }
}
