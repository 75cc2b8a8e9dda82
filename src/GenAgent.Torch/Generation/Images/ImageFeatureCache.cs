using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Generation.Images;

/// <summary>Runs images through the vision tower, each distinct image once, and caches the most recently used features. Not thread-safe.</summary>
internal sealed class ImageFeatureCache(Qwen25VLModel model, long capacityBytes)
{
    private readonly Dictionary<ImageDigest, LinkedListNode<(ImageDigest Key, float[] Features)>> _known = [];
    private readonly LinkedList<(ImageDigest Key, float[] Features)> _byUse = new();
    private long _bytes;

    /// <summary>Images that went through the tower.</summary>
    public long Encoded { get; private set; }

    /// <summary>The features of each image: <c>[features, hidden]</c> in fp32. New images are encoded together.</summary>
    public float[][] Features(IReadOnlyList<ImagePatches> images)
    {
        var found = new Dictionary<ImageDigest, float[]>();
        var missing = new List<ImagePatches>();
        foreach (var image in images)
        {
            var key = ImageDigest.Of(image);
            if (_known.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddLast(node);
                found[key] = node.Value.Features;
            }
            else if (found.TryAdd(key, []))
            {
                missing.Add(image);
            }
        }

        Encode(missing, found);
        return [.. images.Select(image => found[ImageDigest.Of(image)])];
    }

    /// <summary>Clears all features, because the weights that computed them have changed.</summary>
    public void Clear()
    {
        _known.Clear();
        _byUse.Clear();
        _bytes = 0;
    }

    private void Encode(List<ImagePatches> images, Dictionary<ImageDigest, float[]> found)
    {
        if (images.Count == 0)
        {
            return;
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var all = model.ImageFeatures(images).to(ScalarType.Float32).cpu().contiguous();
        var hidden = (int)all.shape[1];
        var expected = images.Sum(image => image.Grid.Features(model.Config.Vision.MergeSize));
        if (all.shape[0] != expected)
        {
            throw new InvalidOperationException($"The vision tower made {all.shape[0]} features, but {expected} image pads stand for them.");
        }

        var values = all.data<float>().ToArray();
        var at = 0;
        foreach (var image in images)
        {
            var length = image.Grid.Features(model.Config.Vision.MergeSize) * hidden;
            var features = values.AsSpan(at, length).ToArray();
            at += length;
            found[ImageDigest.Of(image)] = features;
            Keep(ImageDigest.Of(image), features);
        }

        Encoded += images.Count;
    }

    private void Keep(ImageDigest key, float[] features)
    {
        _known[key] = _byUse.AddLast((key, features));
        _bytes += (long)features.Length * sizeof(float);
        while (_bytes > capacityBytes && _byUse.First is { } oldest)
        {
            _byUse.RemoveFirst();
            _known.Remove(oldest.Value.Key);
            _bytes -= (long)oldest.Value.Features.Length * sizeof(float);
        }
    }
}
