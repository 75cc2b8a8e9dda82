using GenAgent.Torch.Imaging;
using GenAgent.Torch.Layers;
using GenAgent.Torch.Qwen25VL.Text;
using GenAgent.Torch.Qwen25VL.Vision;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>
/// Qwen2.5-VL: a vision tower, and a language model that reads its features. All parameters are trainable; not thread-safe.
/// A fresh instance holds memory that is not initialised: use <see cref="Initialize"/>, or load one with <see cref="Qwen25VLCheckpoint"/>.
/// </summary>
/// <remarks>Parameter names are those of transformers 4.52 and later: <c>model.visual.*</c>, <c>model.language_model.*</c>, <c>lm_head.weight</c>.</remarks>
public sealed class Qwen25VLModel : Layer
{
    private readonly Linear? _head;
    private ScalarType? _productType;

    /// <summary>Builds the layers.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="dtype">The type of the parameters.</param>
    /// <param name="device">The device; null for the CPU.</param>
    public Qwen25VLModel(Qwen25VLConfig config, ScalarType dtype = ScalarType.Float32, Device? device = null)
        : base(nameof(Qwen25VLModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        (Config, DType, Device) = (config, dtype, device ?? CPU);
        Visual = new VisionTower(config.Vision, Device, dtype);
        Language = new TextModel(config.Text, Device, dtype);
        register_module("model", new NameScope(("visual", Visual), ("language_model", Language)));
        if (!config.TieWordEmbeddings)
        {
            _head = new Linear(config.Text.HiddenSize, config.Text.VocabularySize, bias: false, Device, dtype);
            register_module("lm_head", _head);
        }
    }

    /// <summary>The model's shape.</summary>
    public Qwen25VLConfig Config { get; }

    /// <summary>The parameters' type.</summary>
    public ScalarType DType { get; }

    /// <summary>Where the parameters are.</summary>
    public Device Device { get; }

    /// <summary>The number of rows of which products are computed in multiples, see <see cref="UseProductType"/>; 1 for any.</summary>
    public int ProductRows => _productType is null ? 1 : MatrixProduct.Rows;

    /// <summary>Whether some of its matrices are packed in few bits; such a model computes, but cannot be trained.</summary>
    internal bool IsPacked => modules().Any(module => module is Linear { Packed: not null });

    /// <summary>The parameters of the vision tower, by their names in it.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> VisionParameters => Visual.named_parameters();

    /// <summary>A model with this language model's parameters and a new vision tower with random weights.</summary>
    /// <param name="vision">The tower's shape.</param>
    /// <param name="seed">The seed of its weights.</param>
    /// <returns>A new model on the same device; this one stays the caller's.</returns>
    /// <exception cref="InvalidDataException">The tower does not fit the language model, or its numbers contradict each other.</exception>
    public Qwen25VLModel WithVisionTower(Qwen25VisionConfig vision, ulong seed)
    {
        var config = Config with { Vision = vision };
        config.Check();
        var model = new Qwen25VLModel(config, DType, Device);
        model.Initialize(seed);
        using var frozen = no_grad();
        foreach (var (mine, its) in model.Language.parameters().Zip(Language.parameters())) mine.copy_(its);
        if (!config.TieWordEmbeddings) model.HeadWeight.copy_(HeadWeight);
        return model;
    }

    internal VisionTower Visual { get; }

    internal TextModel Language { get; }

    /// <summary>The output head's weight, <c>[vocabulary, hidden]</c>: the embedding table where they are tied.</summary>
    internal Tensor HeadWeight => _head?.Weight ?? Language.Embeddings.Weight;

    /// <summary>Fills all parameters for training from nothing: normal weights of the configuration's deviation, zero biases, norms of one.</summary>
    /// <param name="seed">The same seed gives the same weights on every device.</param>
    public void Initialize(ulong seed)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(seed, CPU);
        foreach (var (name, module) in named_modules())
        {
            var deviation = name.StartsWith("model.visual", StringComparison.Ordinal) ? Config.Vision.InitializerRange : Config.Text.InitializerRange;
            switch (module)
            {
                case Linear linear:
                    Draw(linear.Weight, deviation, generator);
                    linear.Bias?.zero_();
                    break;
                case RmsNorm norm:
                    norm.Weight.FillInPlace(1);
                    break;
                case TokenTable embeddings:
                    Draw(embeddings.Weight, deviation, generator);
                    break;
                case PatchEmbedding patches:
                    Draw(patches.Weight, deviation, generator);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Recomputes each layer's activations in the backward pass instead of keeping them, trading a forward pass for memory.</summary>
    /// <param name="enabled">Whether layers are checkpointed from now on.</param>
    public void UseActivationCheckpointing(bool enabled)
    {
        Func<Func<Tensor, Tensor>, Tensor, Tensor>? runner = enabled ? ActivationCheckpoint.Run : null;
        (Language.LayerRunner, Visual.BlockRunner) = (runner, runner);
    }

    /// <summary>
    /// Computes the language model's matrix products in another type from now on, while weights, sums and results keep theirs (mixed precision). Rows of
    /// multiples of 64 tokens are fastest, see <see cref="Qwen25VLBatch.Pack"/>.
    /// </summary>
    /// <param name="type">The type; null for the weights' own.</param>
    public void UseProductType(ScalarType? type)
    {
        _productType = type;
        foreach (var linear in Language.modules().OfType<Linear>()) linear.ProductType = type;
        _head?.ProductType = type;
    }

    /// <summary>Logits for every token: <c>[batch, tokens, vocabulary]</c>. Logits at padded places have no meaning.</summary>
    /// <param name="batch">Ids and images.</param>
    /// <returns><c>[batch, tokens, vocabulary]</c>.</returns>
    public Tensor Forward(Qwen25VLBatch batch)
    {
        using var scope = NewDisposeScope();
        return Head(HiddenStates(batch)).MoveToOuterDisposeScope();
    }

    /// <summary>Normed states before the head: <c>[batch, tokens, hidden]</c>.</summary>
    /// <param name="batch">Ids and images.</param>
    /// <returns><c>[batch, tokens, hidden]</c>.</returns>
    public Tensor HiddenStates(Qwen25VLBatch batch) => HiddenStates(batch, observer: null);

    /// <summary>Logits of states: <c>[..., hidden]</c> to <c>[..., vocabulary]</c>.</summary>
    /// <param name="states"><c>[..., hidden]</c>, normed.</param>
    /// <returns><c>[..., vocabulary]</c>.</returns>
    public Tensor Head(Tensor states) => _head?.forward(states) ?? MatrixProduct.Linear(states, Language.Embeddings.Weight, null, _productType);

    /// <summary>Mean cross-entropy of the labelled tokens, each predicted from the tokens before it: a scalar, fp32.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="labels"><c>[batch, tokens]</c>, int64: the token's own id where it counts, -100 where not (not shifted).</param>
    /// <returns>A scalar, fp32.</returns>
    /// <exception cref="ArgumentException">No token is labelled.</exception>
    public Tensor Loss(Qwen25VLBatch batch, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var targets = Targets.Select(labels, labels.NotEqualTo(-100));
        return nn.functional.cross_entropy(LogitsBefore(batch, targets), targets.Ids).MoveToOuterDisposeScope();
    }

    /// <summary>Log-probability of each chosen token given the tokens before it: <c>[chosen]</c>, fp32, row by row.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="chosen"><c>[batch, tokens]</c>, bool; the first token of a row has no predecessor and must not be chosen.</param>
    /// <param name="temperature">Divides the logits, above 0.</param>
    /// <returns><c>[chosen]</c>, fp32.</returns>
    /// <exception cref="ArgumentException">No token is chosen.</exception>
    public Tensor LogProbs(Qwen25VLBatch batch, Tensor chosen, double temperature = 1)
    {
        using var scope = NewDisposeScope();
        using var targets = Targets.Select(batch.Ids, chosen);
        var logits = LogitsBefore(batch, targets).Over(temperature);
        var picked = logits.gather(1, targets.Ids.unsqueeze(1)).squeeze(1);
        return (picked - logits.logsumexp(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The features of images, one after the other in raster order: <c>[features, hidden]</c>.</summary>
    /// <param name="images">The images.</param>
    /// <returns><c>[features, hidden]</c>.</returns>
    public Tensor ImageFeatures(IReadOnlyList<ImagePatches> images)
    {
        using var scope = NewDisposeScope();
        var patches = Qwen25VLBatch.Stack(images, Config.Vision.PatchLength, Device);
        return Visual.Forward(patches, [.. images.Select(image => image.Grid)]).MoveToOuterDisposeScope();
    }

    internal Tensor HiddenStates(Qwen25VLBatch batch, Action<string, Tensor>? observer)
    {
        using var scope = NewDisposeScope();
        var embeddings = Embed(batch, observer);
        observer?.Invoke("text.inputs_embeds", embeddings);
        var hidden = Language.Forward(embeddings, batch.Positions, batch.Attention, Prefixed(observer, "text."));
        observer?.Invoke("text.final_norm_out", hidden);
        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Token embeddings, with the image features in the places of their pads.</summary>
    private Tensor Embed(Qwen25VLBatch batch, Action<string, Tensor>? observer)
    {
        var embeddings = Language.Embeddings.forward(batch.Ids);
        if (batch.Patches is null)
        {
            return embeddings;
        }

        var features = Visual.Forward(batch.Patches, batch.Grids, Prefixed(observer, "vision."));
        observer?.Invoke("image_embeds", features);
        var flat = embeddings.view(-1, embeddings.shape[2]);
        return flat.index_copy(0, batch.PadPlaces!, features.index_select(0, batch.FeatureRows!)).view(embeddings.shape);
    }

    /// <summary>fp32 logits of the positions before the targets; the large head runs only on those.</summary>
    private Tensor LogitsBefore(Qwen25VLBatch batch, Targets targets)
    {
        var hidden = HiddenStates(batch);
        var states = hidden.view(-1, hidden.shape[2]).index_select(0, targets.PlacesBefore);
        return Head(states).to(ScalarType.Float32);
    }

    private static Action<string, Tensor>? Prefixed(Action<string, Tensor>? observer, string prefix) =>
        observer is null ? null : (name, states) => observer(prefix + name, states);

    /// <summary>The tokens to predict, and the places whose states predict them.</summary>
    private sealed record Targets(Tensor Ids, Tensor PlacesBefore) : IDisposable
    {
        public static Targets Select(Tensor ids, Tensor chosen)
        {
            using var scope = NewDisposeScope();
            var later = chosen.narrow(1, 1, chosen.shape[1] - 1).contiguous();
            var places = later.nonzero();
            if (places.shape[0] == 0)
            {
                throw new ArgumentException("No token of the batch is to be predicted: there is nothing to compute.", nameof(chosen));
            }

            var before = places.select(1, 0).Times(ids.shape[1]).Plus(places.select(1, 1));
            var target = ids.reshape(-1).index_select(0, before.Plus(1));
            return new Targets(target.MoveToOuterDisposeScope(), before.MoveToOuterDisposeScope());
        }

        public void Dispose()
        {
            Ids.Dispose();
            PlacesBefore.Dispose();
        }
    }

    // Drawn in fp32 on the CPU, so that the initial weights are the same on every device.
    private static void Draw(Parameter weight, double deviation, Generator generator)
    {
        using var drawn = empty(weight.shape, dtype: ScalarType.Float32).normal_(0, deviation, generator);
        weight.copy_(drawn);
    }
}
