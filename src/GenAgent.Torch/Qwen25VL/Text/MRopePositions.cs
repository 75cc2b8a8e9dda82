using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>
/// The three positions (time, height, width) of every token of one sequence. Text positions count up; an image has one time position, its features spread
/// over rows and columns, and the following text continues after the longer side.
/// </summary>
/// <remarks>Source: <c>get_rope_index</c> of transformers' <c>modeling_qwen2_5_vl.py</c>, for still images.</remarks>
public sealed class MRopePositions
{
    /// <summary>Number of axes: time, height, width.</summary>
    public const int Axes = 3;

    private readonly List<int>[] _axes = [[], [], []];
    private readonly int _imageTokenId;
    private readonly int _mergeSize;

    /// <summary>An empty sequence.</summary>
    /// <param name="config">Says which id is an image pad, and how many patches make a feature.</param>
    public MRopePositions(Qwen25VLConfig config)
        : this(config.ImageTokenId, config.Vision.MergeSize)
    {
    }

    internal MRopePositions(int imageTokenId, int mergeSize) => (_imageTokenId, _mergeSize) = (imageTokenId, mergeSize);

    /// <summary>Number of tokens so far.</summary>
    public int Count => _axes[0].Count;

    /// <summary>The position that the next text token gets on all three axes.</summary>
    public int Next { get; private set; }

    /// <summary>What the reference calls <c>rope_deltas</c>: <see cref="Next"/> less the number of tokens.</summary>
    public int Delta => Next - Count;

    /// <summary>The position of a token on an axis: 0 time, 1 height, 2 width.</summary>
    public int this[int axis, int token] => _axes[axis][token];

    /// <summary>Adds tokens at the end. Each run of image pads takes the next of <paramref name="grids"/>.</summary>
    /// <param name="ids">Token ids, image pads expanded.</param>
    /// <param name="grids">The grids of the images whose pads stand in <paramref name="ids"/>, in order.</param>
    /// <exception cref="ArgumentException">The number of pads differs from the number of image features: the message has both.</exception>
    public void Append(ReadOnlySpan<int> ids, ReadOnlySpan<ImageGrid> grids)
    {
        var image = 0;
        for (var i = 0; i < ids.Length;)
        {
            if (ids[i] != _imageTokenId)
            {
                AppendText();
                i++;
                continue;
            }

            var run = ids[i..].IndexOfAnyExcept(_imageTokenId);
            run = run < 0 ? ids.Length - i : run;
            if (image == grids.Length)
            {
                throw new ArgumentException(
                    $"The tokens hold a run of {run} image pads after {image} images, but only {grids.Length} images were given.", nameof(ids));
            }

            AppendImage(grids[image], run, image);
            image++;
            i += run;
        }

        if (image != grids.Length)
        {
            throw new ArgumentException($"{grids.Length} images were given, but the tokens hold pads for {image}.", nameof(grids));
        }
    }

    /// <summary>Adds one token of text at the end, whatever its id.</summary>
    public void AppendText()
    {
        Add(Next, Next, Next);
        Next++;
    }

    private void AppendImage(ImageGrid grid, int pads, int image)
    {
        var features = grid.Features(_mergeSize);
        if (pads != features)
        {
            throw new ArgumentException(
                $"Image {image} has {features} features ({grid.Frames}x{grid.Rows}x{grid.Columns} patches), but {pads} image pads stand for it.", nameof(pads));
        }

        var (rows, columns) = (grid.Rows / _mergeSize, grid.Columns / _mergeSize);
        for (var i = 0; i < features; i++)
        {
            Add(Next, Next + (i / columns % rows), Next + (i % columns));
        }

        Next += Math.Max(rows, columns);
    }

    private void Add(int time, int height, int width)
    {
        _axes[0].Add(time);
        _axes[1].Add(height);
        _axes[2].Add(width);
    }
}
