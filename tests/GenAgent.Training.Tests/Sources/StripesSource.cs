using GenAgent.Training.Sources;

namespace GenAgent.Training.Tests.Sources;

/// <summary>Tiny two-coloured images with captions that say which colours.</summary>
internal sealed class StripesSource(long count = 12, int size = 8, float darkest = -1, string words = "") : IImageCaptionSource
{
    public string Identity => $"stripes {count} {size}{words}";

    public string ImageIdentity => $"stripes {count} {size}";

    public long Count => count;

    public int Width => size;

    public int Height => size;

    public void ReadImage(long index, Span<float> planes)
    {
        for (var i = 0; i < planes.Length; i++)
            planes[i] = (i / size % 2 == index % 2 ? 1f : darkest) * (((index / 2) % 3 == i / (size * size) ? 0.8f : 0.2f));
    }

    public string DrawCaption(long index, ulong seed) => $"{(seed % 2 == 0 ? "large" : "small")} {(index % 2 == 0 ? "red" : "blue")} circle";
}
