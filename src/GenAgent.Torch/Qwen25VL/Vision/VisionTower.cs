using GenAgent.Torch.Imaging;
using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Vision;

/// <summary>The vision tower: patches in, image features in raster order out.</summary>
internal sealed class VisionTower : Layer
{
    private readonly Qwen25VisionConfig _config;
    private readonly ModuleList<VisionBlock> _blocks;
    private readonly HashSet<int> _fullAttention;
    private readonly float[] _frequencies;

    public VisionTower(Qwen25VisionConfig config, Device device, ScalarType dtype)
        : base(nameof(VisionTower))
    {
        _config = config;
        _fullAttention = [.. config.FullAttentionBlocks];
        _frequencies = Rotary.Frequencies(config.HeadSize / 4, theta: 10_000);
        PatchEmbedding = new PatchEmbedding(config, device, dtype);
        _blocks = new ModuleList<VisionBlock>([.. Enumerable.Range(0, config.Depth).Select(_ => new VisionBlock(config, device, dtype))]);
        Merger = new PatchMerger(config, device, dtype);
        register_module("patch_embed", PatchEmbedding);
        register_module("blocks", _blocks);
        register_module("merger", Merger);
    }

    public PatchEmbedding PatchEmbedding { get; }

    public PatchMerger Merger { get; }

    public IEnumerable<VisionBlock> Blocks => _blocks;

    /// <summary>When set, runs a block instead of calling it straight: the hook for activation checkpointing.</summary>
    public Func<Func<Tensor, Tensor>, Tensor, Tensor>? BlockRunner { get; set; }

    /// <summary>Patches <c>[patches, patch length]</c> of the images in <paramref name="grids"/>, to features <c>[features, out hidden]</c>.</summary>
    /// <param name="patches">The images' patches one after the other, in merge-block order.</param>
    /// <param name="grids">The images' extents.</param>
    /// <param name="observer">Told the tower's intermediate states, for tests; the tensors belong to the scope of the call.</param>
    public Tensor Forward(Tensor patches, IReadOnlyList<ImageGrid> grids, Action<string, Tensor>? observer = null)
    {
        using var scope = NewDisposeScope();
        var layout = VisionLayout.For(grids, _config.MergeSize, _config.WindowFeatures);
        if (patches.shape[0] != layout.Rows.Length)
        {
            throw new ArgumentException($"{patches.shape[0]} patches were given, but the images' grids make {layout.Rows.Length}.", nameof(patches));
        }

        var device = patches.device;
        var embedded = PatchEmbedding.Forward(patches);
        observer?.Invoke("patch_embed_out", embedded);
        var angles = Angles(layout, device);
        observer?.Invoke("rope_cos", angles.cos());
        observer?.Invoke("rope_sin", angles.sin());

        var order = tensor(layout.PatchOrder(_config.MergeSize), device: device);
        var turned = angles.index_select(0, order).unsqueeze(1);
        var (cos, sin) = (turned.cos(), turned.sin());
        var windows = new VisionSegments(layout.WindowBorders, device);
        var images = new VisionSegments(layout.FrameBorders, device);
        if (BlockRunner is not null)
        {
            (cos, sin, windows, images) = (ActivationCheckpoint.Kept(cos), ActivationCheckpoint.Kept(sin), windows.Kept(), images.Kept());
        }

        var hidden = embedded.index_select(0, order);
        for (var i = 0; i < _blocks.Count; i++)
        {
            var (block, segments, input) = (_blocks[i], _fullAttention.Contains(i) ? images : windows, hidden);
            hidden = BlockRunner is null ? block.Forward(hidden, cos, sin, segments) : BlockRunner(states => block.Forward(states, cos, sin, segments), hidden);
            observer?.Invoke($"block_{i}_out", hidden);
            input.Dispose();
        }

        var merged = Merger.Forward(hidden);
        observer?.Invoke("merger_out_window_order", merged);
        return merged.index_select(0, tensor(layout.RasterOrder(), device: device)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>[patches, head size]</c>, in the order of the input: a quarter of the head turns by the row, a quarter by the column, and both again.
    /// </summary>
    private Tensor Angles(VisionLayout layout, Device device)
    {
        var frequencies = tensor(_frequencies, device: device);
        var rows = tensor(layout.Rows, dtype: ScalarType.Float32, device: device).unsqueeze(1) * frequencies;
        var columns = tensor(layout.Columns, dtype: ScalarType.Float32, device: device).unsqueeze(1) * frequencies;
        return cat([rows, columns, rows, columns], dim: -1);
    }
}

/// <summary>Embeds a patch: a convolution whose stride is its kernel, and so a plain matrix product.</summary>
internal sealed class PatchEmbedding : Layer
{
    private readonly Kernel _kernel;

    public PatchEmbedding(Qwen25VisionConfig config, Device device, ScalarType dtype)
        : base(nameof(PatchEmbedding))
    {
        _kernel = new Kernel(config, device, dtype);
        register_module("proj", _kernel);
    }

    /// <summary><c>[hidden, channels, frames, side, side]</c>.</summary>
    public Parameter Weight => _kernel.Weight;

    /// <summary><c>[patches, patch length]</c> to <c>[patches, hidden]</c>.</summary>
    public Tensor Forward(Tensor patches) => nn.functional.linear(patches.to(Weight.dtype), Weight.view(Weight.shape[0], -1));

    private sealed class Kernel : Layer
    {
        public Kernel(Qwen25VisionConfig config, Device device, ScalarType dtype)
            : base(nameof(Kernel))
        {
            Weight = LastingParameter.Of(empty(
                [config.HiddenSize, config.Channels, config.TemporalPatchSize, config.PatchSize, config.PatchSize], dtype: dtype, device: device));
            register_parameter("weight", Weight);
        }

        public Parameter Weight { get; }
    }
}
