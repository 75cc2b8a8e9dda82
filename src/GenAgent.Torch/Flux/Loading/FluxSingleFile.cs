using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>
/// Parts of FLUX.1 in single files with the original naming: <c>flux1-dev.safetensors</c>, <c>ae.safetensors</c>.
/// Such a file has no config; values that its tensors do not determine are those of the published models unless a config is given.
/// </summary>
/// <remarks>Throws as <see cref="FluxFolder"/> does.</remarks>
public static class FluxSingleFile
{
    private static readonly int[] PublishedAxes = [16, 56, 56];

    private const string TransformerLandmark = "img_in.weight";
    private const string AutoencoderLandmark = "encoder.conv_in.weight";

    // Prefixes that repacked checkpoints add to the original names.
    private static readonly string[] Prefixes = ["model.diffusion_model.", "first_stage_model.", "vae."];

    /// <summary>Loads a transformer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">Its shape; by default inferred from the tensors, with the published rotation axes.</param>
    /// <param name="device">Where; by default the CPU.</param>
    /// <param name="dtype">In what; by default as on disk, but fp32 on a CPU.</param>
    /// <returns>The transformer; the caller disposes it.</returns>
    public static FluxTransformer LoadTransformer(string path, FluxTransformerConfig? config = null, Device? device = null, ScalarType? dtype = null) =>
        LoadTransformer(path, config, device, dtype, keepPacked: false);

    /// <summary>The same; with <paramref name="keepPacked"/>, matrices that are packed in the file stay packed in memory.</summary>
    internal static FluxTransformer LoadTransformer(string path, FluxTransformerConfig? config, Device? device, ScalarType? dtype, bool keepPacked)
    {
        using var file = WeightSource.Open(path);
        var original = new OriginalNames(file, TransformerLandmark);
        config ??= ReadTransformerConfig(original);
        ModelConfig.ThrowIfFaulty(config, path);
        using var weights = TransformerWeights(file, config);
        var type = dtype ?? FluxFolder.DefaultDtype(file, device);
        return ModelLoader.Load(where => new FluxTransformer(config, where, type), weights, options: null, device, keepPacked);
    }

    /// <summary>Loads an autoencoder.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">Its shape; by default inferred from the tensors, with the published number of groups, scale and shift.</param>
    /// <param name="device">Where; by default the CPU.</param>
    /// <param name="dtype">In what; by default as on disk, but fp32 on a CPU.</param>
    /// <returns>The autoencoder; the caller disposes it.</returns>
    public static AutoencoderKL LoadAutoencoder(string path, AutoencoderConfig? config = null, Device? device = null, ScalarType? dtype = null)
    {
        using var file = WeightSource.Open(path);
        var original = new OriginalNames(file, AutoencoderLandmark);
        config ??= ReadAutoencoderConfig(original);
        ModelConfig.ThrowIfFaulty(config, path);
        using var weights = AutoencoderWeights(file, config);
        var type = dtype ?? FluxFolder.DefaultDtype(weights, device);
        return ModelLoader.Load(where => new AutoencoderKL(config, where, type), weights, options: null, device, keepPacked: false);
    }

    /// <summary>The transformer's tensors under the published names. Does not own the file.</summary>
    internal static IWeightSource TransformerWeights(IWeightSource file, FluxTransformerConfig config) =>
        new RearrangedWeights(file, TransformerTensors(new OriginalNames(file, TransformerLandmark), config));

    /// <summary>The autoencoder's tensors under the published names. Does not own the file.</summary>
    internal static IWeightSource AutoencoderWeights(IWeightSource file, AutoencoderConfig config) =>
        new RearrangedWeights(file, AutoencoderTensors(new OriginalNames(file, AutoencoderLandmark), config));

    /// <summary>Whether a file holds an autoencoder, alone or among others.</summary>
    internal static bool HasAutoencoder(IWeightSource file) => Array.Exists(Prefixes, prefix => file.Entries.ContainsKey(prefix + AutoencoderLandmark));

    internal static FluxTransformerConfig ReadTransformerConfig(OriginalNames file)
    {
        var (hidden, inFeatures) = ((int)file.Shape("img_in.weight")[0], (int)file.Shape("img_in.weight")[1]);
        var headDim = (int)file.Shape("double_blocks.0.img_attn.norm.query_norm.scale")[0];
        var outFeatures = (int)file.Shape("final_layer.linear.weight")[0];
        return new FluxTransformerConfig
        {
            InChannels = inFeatures,
            OutChannels = outFeatures == inFeatures ? null : outFeatures,
            NumLayers = file.Count("double_blocks."),
            NumSingleLayers = file.Count("single_blocks."),
            AttentionHeadDim = headDim,
            NumAttentionHeads = hidden / headDim,
            JointAttentionDim = (int)file.Shape("txt_in.weight")[1],
            PooledProjectionDim = (int)file.Shape("vector_in.in_layer.weight")[1],
            GuidanceEmbeds = file.Has("guidance_in.in_layer.weight"),
            AxesDimsRope = headDim == PublishedAxes.Sum()
                ? PublishedAxes
                : throw new InvalidDataException(
                    $"{file.Location}: heads are {headDim} wide, not {PublishedAxes.Sum()} as in the published models, and the file does not say how "
                        + "positions turn them; give the transformer's config (\"axes_dims_rope\")."),
        };
    }

    internal static AutoencoderConfig ReadAutoencoderConfig(OriginalNames file)
    {
        var levels = file.Count("encoder.down.");
        return new AutoencoderConfig
        {
            BlockOutChannels = [.. Enumerable.Range(0, levels).Select(level => (int)file.Shape($"encoder.down.{level}.block.0.conv1.weight")[0])],
            LayersPerBlock = file.Count("encoder.down.0.block."),
            InChannels = (int)file.Shape("encoder.conv_in.weight")[1],
            OutChannels = (int)file.Shape("decoder.conv_out.weight")[0],
            LatentChannels = (int)file.Shape("decoder.conv_in.weight")[1],
            MidBlockAddAttention = file.Has("encoder.mid.attn_1.q.weight"),
            UseQuantConv = false,
            UsePostQuantConv = false,
            ScalingFactor = 0.3611,
            ShiftFactor = 0.1159,
        };
    }

    private static Dictionary<string, RearrangedTensor> TransformerTensors(OriginalNames file, FluxTransformerConfig config)
    {
        var tensors = new Dictionary<string, RearrangedTensor>(StringComparer.Ordinal);
        foreach (var (layer, parts) in BflNames.Layers(config))
        {
            foreach (var ending in new[] { ".weight", ".bias" })
            {
                var shape = file.Shape(parts[0].Layer + ending);
                StoredRows[] rows = [.. parts.Select(
                    part => new StoredRows(file.Stored(part.Layer + ending), shape[0] * part.From / part.Of, shape[0] * part.Share / part.Of))];
                tensors.Add(layer + ending, new RearrangedTensor([rows.Sum(part => part.Count), .. shape.Skip(1)], rows));
            }
        }

        foreach (var (gain, name) in BflNames.Gains(config)) tensors.Add(gain, Whole(file, name, file.Shape(name)));
        return tensors;
    }

    private static Dictionary<string, RearrangedTensor> AutoencoderTensors(OriginalNames file, AutoencoderConfig config) =>
        file.All.ToDictionary(
            name => BflAutoencoderNames.ToPublished(name, config.BlockOutChannels.Count),
            name =>
            {
                // Attention's maps are stored as convolutions of one pixel.
                var shape = file.Shape(name);
                return Whole(file, name, name.Contains(".attn_1.", StringComparison.Ordinal) && shape.Count == 4 ? [.. shape.Take(2)] : shape);
            },
            StringComparer.Ordinal);

    private static RearrangedTensor Whole(OriginalNames file, string name, IReadOnlyList<long> shape) =>
        new(shape, [new StoredRows(file.Stored(name), 0, file.Shape(name)[0])]);

    /// <summary>A file's tensors by their original names, without the prefix that a repacker may have added.</summary>
    internal sealed class OriginalNames
    {
        private readonly IWeightSource _file;
        private readonly string _prefix;

        /// <summary>Finds the prefix.</summary>
        /// <param name="file">The file.</param>
        /// <param name="landmark">A tensor that must be there.</param>
        public OriginalNames(IWeightSource file, string landmark)
        {
            _file = file;
            _prefix = Prefixes.Prepend("").FirstOrDefault(prefix => file.Entries.ContainsKey(prefix + landmark))
                ?? throw new InvalidDataException(
                    $"{file.Location}: no tensor \"{landmark}\"; this is not a single file in the original naming of FLUX.1 (a diffusers file belongs in its "
                        + "folder).");
        }

        public string Location => _file.Location;

        public IEnumerable<string> All =>
            _file.Entries.Keys.Where(name => name.StartsWith(_prefix, StringComparison.Ordinal)).Select(name => name[_prefix.Length..]);

        public bool Has(string name) => _file.Entries.ContainsKey(_prefix + name);

        public string Stored(string name) => _prefix + name;

        public IReadOnlyList<long> Shape(string name) =>
            _file.Entries.TryGetValue(_prefix + name, out var entry)
                ? entry.Shape
                : throw new InvalidDataException($"{Location}: the tensor \"{name}\" is missing; is the file whole, and of FLUX.1?");

        /// <summary>Number of consecutive indices, from 0, that follow a prefix.</summary>
        public int Count(string beginning)
        {
            var count = 0;
            while (All.Any(name => name.StartsWith($"{beginning}{count}.", StringComparison.Ordinal))) count++;
            return count;
        }
    }
}
