using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL.Text;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>One conversation as the model takes it.</summary>
/// <param name="Ids">Token ids, image pads expanded to one a feature.</param>
/// <param name="Images">The images whose pads stand in <paramref name="Ids"/>, in order. One object in several places is encoded once.</param>
public sealed record Qwen25VLSequence(IReadOnlyList<int> Ids, IReadOnlyList<ImagePatches> Images);

/// <summary>Sequences of different lengths and numbers of images, padded to one batch, with positions and mask. Owns its tensors.</summary>
public sealed class Qwen25VLBatch : IDisposable
{
    private readonly PackedAttention? _packed;
    private readonly bool _isLeftPadded;

    private Qwen25VLBatch(Tensor ids, Tensor mask, Tensor positions, int[] ropeDeltas, bool leftPadded, PackedAttention? packed = null)
    {
        (Ids, Mask, Positions, RopeDeltas, _isLeftPadded, _packed) = (ids, mask, positions, ropeDeltas, leftPadded, packed);
    }

    /// <summary>Token ids: <c>[batch, tokens]</c>, int64.</summary>
    public Tensor Ids { get; }

    /// <summary>True for real tokens, false for padding: <c>[batch, tokens]</c>.</summary>
    public Tensor Mask { get; }

    /// <summary>Time, height and width: <c>[3, batch, tokens]</c>, int64; 0 at padded places.</summary>
    public Tensor Positions { get; }

    /// <summary>Per row, the next text position less the number of real tokens.</summary>
    public IReadOnlyList<int> RopeDeltas { get; }

    /// <summary>The distinct images' patches: <c>[patches, patch length]</c>, fp32; null without images.</summary>
    public Tensor? Patches { get; private set; }

    /// <summary>The distinct images' extents.</summary>
    public IReadOnlyList<ImageGrid> Grids { get; private set; } = [];

    /// <summary>Places of the image pads in the flattened batch: <c>[pads]</c>, int64; null without images.</summary>
    internal Tensor? PadPlaces { get; private set; }

    /// <summary>For each pad, the row of the image feature that belongs there: <c>[pads]</c>, int64; null without images.</summary>
    internal Tensor? FeatureRows { get; private set; }

    /// <summary>Which tokens see which.</summary>
    internal IAttentionContext Attention => _packed is not null ? _packed : _isLeftPadded ? CausalAttention.For(Mask) : CausalAttention.Unpadded;

    /// <summary>Builds a batch; padding goes to the right, where it costs no mask, unless <paramref name="padLeft"/>.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="sequences">One or more sequences, none empty.</param>
    /// <param name="padId">The id for padded places; it has no effect on real ones.</param>
    /// <param name="padLeft">Whether sequences end together instead of starting together.</param>
    /// <param name="device">Where the tensors live; by default the CPU.</param>
    /// <returns>The batch; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An id is outside the vocabulary, or pads and image features do not match: the message has both numbers.</exception>
    public static Qwen25VLBatch Create(
        Qwen25VLConfig config, IReadOnlyList<Qwen25VLSequence> sequences, int padId = 0, bool padLeft = false, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (sequences.Count == 0 || sequences.Any(sequence => sequence.Ids.Count == 0))
        {
            throw new ArgumentException("A batch needs at least one sequence, and every sequence at least one token.", nameof(sequences));
        }

        var (rows, tokens) = (sequences.Count, sequences.Max(sequence => sequence.Ids.Count));
        var (ids, mask, positions) = (new long[rows, tokens], new bool[rows, tokens], new long[MRopePositions.Axes, rows, tokens]);
        var deltas = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            var sequence = sequences[row];
            var offset = padLeft ? tokens - sequence.Ids.Count : 0;
            int[] real = [.. sequence.Ids];
            CheckIds(real, config.Text.VocabularySize, row);
            var mrope = new MRopePositions(config);
            mrope.Append(real, [.. sequence.Images.Select(image => image.Grid)]);
            deltas[row] = mrope.Delta;
            for (var i = 0; i < tokens; i++)
            {
                var at = i - offset;
                mask[row, i] = at >= 0 && at < real.Length;
                ids[row, i] = mask[row, i] ? real[at] : padId;
                for (var axis = 0; mask[row, i] && axis < MRopePositions.Axes; axis++)
                {
                    positions[axis, row, i] = mrope[axis, at];
                }
            }
        }

        var batch = new Qwen25VLBatch(
            tensor(ids, device: device), tensor(mask, device: device), tensor(positions, device: device), deltas,
            padLeft && sequences.Any(sequence => sequence.Ids.Count != tokens));
        batch.AddImages(config, sequences, ids, mask, device);
        return batch;
    }

    /// <summary>
    /// Packs sequences into one row without padding: first the shared prefix, once, then the rest of each sequence. Every token has the same positions and
    /// attends to the same tokens as in a separate sequence.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="sequences">One or more sequences.</param>
    /// <param name="prefix">Length of the prefix that all sequences share, without images, shorter than the shortest sequence; 0 for none.</param>
    /// <param name="device">Where the tensors live; by default the CPU.</param>
    /// <param name="multiple">The row is filled up to a multiple of as many tokens; nothing attends to those, and their states have no meaning.</param>
    /// <returns>A batch of one row; <see cref="RopeDeltas"/> has an entry a sequence. It must live until the backward pass is over.</returns>
    /// <exception cref="ArgumentException">The beginnings differ or hold images, an id is outside the vocabulary, or pads and image features do not
    /// match.</exception>
    public static Qwen25VLBatch Pack(
        Qwen25VLConfig config, IReadOnlyList<Qwen25VLSequence> sequences, int prefix = 0, Device? device = null, int multiple = 1)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentOutOfRangeException.ThrowIfNegative(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(multiple, 1);
        if (sequences.Count == 0 || sequences.Any(sequence => sequence.Ids.Count <= prefix))
        {
            throw new ArgumentException(
                $"A pack needs at least one sequence, and every sequence a token behind the {prefix} of the prefix.", nameof(sequences));
        }

        var real = prefix + sequences.Sum(sequence => sequence.Ids.Count - prefix);
        var tokens = (real + multiple - 1) / multiple * multiple;
        var (ids, mask, positions) = (new long[1, tokens], new bool[1, tokens], new long[MRopePositions.Axes, 1, tokens]);
        var deltas = new int[sequences.Count];
        for (var (index, at) = (0, 0); index < sequences.Count; index++)
        {
            int[] own = [.. sequences[index].Ids];
            CheckIds(own, config.Text.VocabularySize, index);
            CheckPrefix(config, sequences, index, prefix);
            var mrope = new MRopePositions(config);
            mrope.Append(own, [.. sequences[index].Images.Select(image => image.Grid)]);
            deltas[index] = mrope.Delta;
            for (var i = index == 0 ? 0 : prefix; i < own.Length; i++, at++)
            {
                (ids[0, at], mask[0, at]) = (own[i], true);
                for (var axis = 0; axis < MRopePositions.Axes; axis++)
                {
                    positions[axis, 0, at] = mrope[axis, i];
                }
            }
        }

        var attention = new PackedAttention(prefix, [.. sequences.Select(sequence => sequence.Ids.Count - prefix)], device ?? CPU, tokens - real);
        var batch = new Qwen25VLBatch(
            tensor(ids, device: device), tensor(mask, device: device), tensor(positions, device: device), deltas, leftPadded: false, attention);
        batch.AddImages(config, sequences, ids, mask, device);
        return batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _packed?.Dispose();
        Ids.Dispose();
        Mask.Dispose();
        Positions.Dispose();
        Patches?.Dispose();
        PadPlaces?.Dispose();
        FeatureRows?.Dispose();
    }

    private void AddImages(Qwen25VLConfig config, IReadOnlyList<Qwen25VLSequence> sequences, long[,] ids, bool[,] mask, Device? device)
    {
        var distinct = new Dictionary<ImagePatches, long>(ReferenceEqualityComparer.Instance);
        var (images, features) = (new List<ImagePatches>(), 0L);
        var rows = new List<long>();
        foreach (var image in sequences.SelectMany(sequence => sequence.Images))
        {
            var count = image.Grid.Features(config.Vision.MergeSize);
            if (distinct.TryAdd(image, features))
            {
                images.Add(image);
                features += count;
            }

            var first = distinct[image];
            for (var i = 0; i < count; i++)
            {
                rows.Add(first + i);
            }
        }

        if (images.Count == 0)
        {
            return;
        }

        var places = new List<long>(rows.Count);
        var tokens = ids.GetLength(1);
        for (var place = 0; place < ids.Length; place++)
        {
            if (mask[place / tokens, place % tokens] && ids[place / tokens, place % tokens] == config.ImageTokenId)
            {
                places.Add(place);
            }
        }

        Grids = [.. images.Select(image => image.Grid)];
        Patches = Stack(images, config.Vision.PatchLength, device);
        PadPlaces = tensor(places.ToArray(), device: device);
        FeatureRows = tensor(rows.ToArray(), device: device);
    }

    internal static Tensor Stack(IReadOnlyList<ImagePatches> images, int patchLength, Device? device)
    {
        var values = new float[images.Sum(image => image.Values.Length)];
        var at = 0;
        foreach (var image in images)
        {
            if (image.Values.Length != image.Grid.Patches * patchLength)
            {
                throw new ArgumentException(
                    $"An image of {image.Grid.Patches} patches has {image.Values.Length} values, but the model expects {patchLength} a patch: was it prepared "
                        + "for another model?", nameof(images));
            }

            image.Values.CopyTo(values, at);
            at += image.Values.Length;
        }

        return tensor(values, [values.Length / patchLength, patchLength], device: device);
    }

    private static void CheckPrefix(Qwen25VLConfig config, IReadOnlyList<Qwen25VLSequence> sequences, int index, int prefix)
    {
        for (var i = 0; i < prefix; i++)
        {
            var id = sequences[index].Ids[i];
            if (id != sequences[0].Ids[i] || id == config.ImageTokenId)
            {
                throw new ArgumentException(
                    $"Token {i} of sequence {index} is {id}, and {sequences[0].Ids[i]} in sequence 0: a shared prefix is equal in all, and without images.",
                    nameof(sequences));
            }
        }
    }

    private static void CheckIds(int[] ids, int vocabulary, int row)
    {
        var wrong = Array.FindIndex(ids, id => id < 0 || id >= vocabulary);
        if (wrong >= 0)
        {
            throw new ArgumentException($"Token {wrong} of sequence {row} is {ids[wrong]}, outside the vocabulary of {vocabulary}.", nameof(ids));
        }
    }
}
