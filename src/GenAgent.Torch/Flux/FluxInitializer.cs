using System.Runtime.InteropServices;
using GenAgent.Seeds;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux;

/// <summary>
/// Fills a model's weights for training from nothing. Each parameter has its own random generator, seeded by the root seed and the parameter's name, so the
/// result does not depend on the order of parameters or on other draws.
/// </summary>
public static class FluxInitializer
{
    // The relative positions that heads attend to at first: in English, most words that belong to a noun come before it.
    private static readonly int[] Neighbours = [-1, -2, -3, 1, 2, -4, 3, 4];

    // Four fifths of a head's attention among 40 tokens.
    private const double NeighbourBias = 5;

    /// <summary>
    /// Initializes the transformer as FLUX.1 and DiT do: Xavier-uniform maps, embeddings from N(0, 0.02), biases 0, norms 1;
    /// modulations and the last layer 0, so that every block starts as the identity.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="seed">The seed.</param>
    public static void Initialize(FluxTransformer model, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        Fill(model, seed, (name, shape) =>
            IsNorm(name) ? Draw.Constant(1)
            : name.EndsWith(".bias", StringComparison.Ordinal) || IsZeroStart(name) ? Draw.Constant(0)
            : name.StartsWith("time_text_embed.", StringComparison.Ordinal) ? Draw.Normal(0.02)
            : Draw.Uniform(Math.Sqrt(6.0 / (shape[0] + shape[1]))));

        static bool IsNorm(string name) =>
            name.Contains(".norm_q.", StringComparison.Ordinal) || name.Contains(".norm_k.", StringComparison.Ordinal)
                || name.Contains(".norm_added_", StringComparison.Ordinal);

        static bool IsZeroStart(string name) =>
            name.Contains("norm1.linear", StringComparison.Ordinal) || name.Contains("norm1_context.linear", StringComparison.Ordinal)
            || name.Contains(".norm.linear", StringComparison.Ordinal) || name.StartsWith("norm_out.linear", StringComparison.Ordinal)
            || name.StartsWith("proj_out.", StringComparison.Ordinal);
    }

    /// <summary>
    /// Initializes the autoencoder as the reference does: PyTorch's defaults, U(-1/sqrt(fan-in), 1/sqrt(fan-in)) for weights and biases, norms 1 and 0.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="seed">The seed.</param>
    public static void Initialize(AutoencoderKL model, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        var fanIns = model.named_parameters().Where(entry => entry.name.EndsWith(".weight", StringComparison.Ordinal))
            .ToDictionary(
                entry => entry.name[..^".weight".Length],
                entry => entry.parameter.shape.Skip(1).Aggregate(1L, (product, side) => product * side),
                StringComparer.Ordinal);
        Fill(model, seed, (name, _) =>
            name.Contains("norm", StringComparison.Ordinal) ? Draw.Constant(name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0)
            : Draw.Uniform(1 / Math.Sqrt(fanIns[name[..name.LastIndexOf('.')]])));
    }

    /// <summary>
    /// Initializes T5 as v1.1 does (normal weights whose width compensates for unscaled attention, norms 1), except that each head but the last starts by
    /// attending to one neighbour. A small encoder that trains for hours does not learn by itself which words belong together: its relative positions stay
    /// at their initial values (docs/lab).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="seed">The seed.</param>
    public static void Initialize(T5Encoder model, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        var config = model.Config;
        Fill(model, seed, (name, _) =>
            name.Contains("layer_norm", StringComparison.Ordinal) ? Draw.Constant(1)
            : name.StartsWith("shared.", StringComparison.Ordinal) ? Draw.Normal(1)
            : name.EndsWith(".q.weight", StringComparison.Ordinal) ? Draw.Normal(1 / Math.Sqrt((double)config.DModel * config.DKv))
            : name.EndsWith(".o.weight", StringComparison.Ordinal) ? Draw.Normal(1 / Math.Sqrt((double)config.NumHeads * config.DKv))
            : name.EndsWith(".wo.weight", StringComparison.Ordinal) ? Draw.Normal(1 / Math.Sqrt(config.DFf))
            : Draw.Normal(1 / Math.Sqrt(config.DModel)));
        using var noGradients = no_grad();
        foreach (var bias in RelativeBiases(model))
        {
            for (var head = 0; head < Math.Min(config.NumHeads - 1, Neighbours.Length); head++)
            {
                using var cell = bias[Bucket(Neighbours[head], config.RelativeAttentionNumBuckets), head];
                cell.PlusInPlace(NeighbourBias);
            }
        }
    }

    /// <summary>
    /// Makes the last head of a T5, which initially attends everywhere equally, attend to earlier tokens: it adds a bias against all later tokens, as large
    /// as the initial bias of the other heads for their neighbours. Without it, a small encoder knows a word's neighbours but not whether the word is in
    /// the first phrase or the last.
    /// </summary>
    /// <param name="model">New or trained; its other weights stay.</param>
    public static void LookBack(T5Encoder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var config = model.Config;
        using var noGradients = no_grad();
        foreach (var bias in RelativeBiases(model))
        {
            using var after = bias.narrow(0, config.RelativeAttentionNumBuckets / 2, config.RelativeAttentionNumBuckets / 2).narrow(1, config.NumHeads - 1, 1);
            after.PlusInPlace(-NeighbourBias);
        }
    }

    // [buckets, heads]
    private static IEnumerable<Parameter> RelativeBiases(T5Encoder model) =>
        model.named_parameters().Where(entry => entry.name.EndsWith("relative_attention_bias.weight", StringComparison.Ordinal))
            .Select(entry => entry.parameter);

    // The rows of near keys in T5's bias table: first those before the query, then those after it.
    private static int Bucket(int distance, int buckets) => Math.Min(Math.Abs(distance), (buckets / 4) - 1) + (distance > 0 ? buckets / 2 : 0);

    /// <summary>Initializes CLIP's text tower as its reference does: normal weights that shrink with width and depth, biases 0, norms 1 and 0.</summary>
    /// <param name="model">The model.</param>
    /// <param name="seed">The seed.</param>
    public static void Initialize(ClipTextEncoder model, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        var (width, depth) = ((double)model.Config.HiddenSize, model.Config.NumHiddenLayers);
        Fill(model, seed, (name, _) =>
            name.EndsWith(".bias", StringComparison.Ordinal) ? Draw.Constant(0)
            : name.Contains("norm", StringComparison.Ordinal) ? Draw.Constant(1)
            : name.Contains("embedding", StringComparison.Ordinal) ? Draw.Normal(0.02)
            : name.Contains("out_proj", StringComparison.Ordinal) ? Draw.Normal(1 / Math.Sqrt(width))
            : name.Contains("fc1", StringComparison.Ordinal) ? Draw.Normal(1 / Math.Sqrt(2 * width))
            : Draw.Normal(1 / Math.Sqrt(width * 2 * depth)));
    }

    private static void Fill(nn.Module model, ulong seed, Func<string, long[], Draw> drawOf)
    {
        var root = SeedPath.FromRoot(seed);
        using var noGradients = no_grad();
        foreach (var (name, parameter) in model.named_parameters()) drawOf(name, parameter.shape).Into(parameter, root.Child(name).Value);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Draw(double Mean, double Deviation, double Bound)
    {
        public static Draw Constant(double value) => new(value, 0, 0);

        public static Draw Normal(double deviation) => new(0, deviation, 0);

        public static Draw Uniform(double bound) => new(0, 0, bound);

        public void Into(Parameter parameter, ulong seed)
        {
            using var scope = NewDisposeScope();
            if (Deviation == 0 && Bound == 0)
            {
                parameter.FillInPlace(Mean);
                return;
            }

            // Drawn in fp32 on the CPU, so that the initial weights are the same on every device.
            using var generator = new Generator(seed);
            var values = empty(parameter.shape, dtype: ScalarType.Float32);
            values = Bound > 0 ? values.uniform_(-Bound, Bound, generator) : values.normal_(Mean, Deviation, generator);
            parameter.copy_(values);
        }
    }
}
