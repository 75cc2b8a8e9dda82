using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Training.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Training.Sft;

/// <summary>Low-rank adapters that are trained in place of the weights.</summary>
/// <param name="Rank">Their rank; 0 trains the weights.</param>
/// <param name="Alpha">Their alpha; 0 takes twice the rank.</param>
/// <param name="Targets">Ends of the names of the layers that get one.</param>
internal sealed record AdapterChoice(int Rank, double Alpha, IReadOnlyList<string> Targets);

/// <summary>
/// What learns of a Qwen2.5-VL, in fine-tuning and in reinforcement learning alike: its weights, or adapters, as one flat buffer; and how it is written.
/// The model stays the caller's.
/// </summary>
internal sealed class TrainedAgent : IDisposable
{
    private readonly Qwen25VLModel _model;
    private readonly LoraAdapter? _lora;

    /// <summary>Prepares the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapters">Whether adapters are trained, and which.</param>
    /// <param name="startFrom">The folder that the model was loaded from, which an adapter names; null for none.</param>
    /// <param name="seed">Draws the adapters.</param>
    /// <param name="isFrozen">Which weights stay as they are, by name; not asked with adapters.</param>
    public TrainedAgent(Qwen25VLModel model, AdapterChoice adapters, string? startFrom, ulong seed, Func<string, bool> isFrozen)
    {
        _model = model;
        _lora = adapters.Rank > 0 ? LoraAdapter.Create(model, Options(adapters, startFrom), seed) : null;
        Parameters = new FlatParameters(Trainable(isFrozen), ScalarType.Float32);
    }

    /// <summary>What learns.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The torch type of weights of a recipe.</summary>
    public static ScalarType ToScalar(WeightType type) =>
        type switch { WeightType.BF16 => ScalarType.BFloat16, WeightType.FP16 => ScalarType.Float16, _ => ScalarType.Float32 };

    /// <summary>Whether adapters learn instead of the weights.</summary>
    public bool HasAdapters => _lora is not null;

    /// <summary>Writes <c>FOLDER/model</c> and, where adapters are trained, <c>FOLDER/adapter</c>, which the model then has merged.</summary>
    public void Export(string folder, WeightType type)
    {
        if (HasAdapters) SaveAdapters(Path.Combine(folder, "adapter"));
        WhileMerged(() => Qwen25VLCheckpoint.Save(_model, Path.Combine(folder, "model"), ToScalar(type)));
    }

    /// <summary>Writes the adapters in PEFT's layout.</summary>
    public void SaveAdapters(string folder) => _lora!.Save(folder);

    /// <summary>Does something while the weights include the adapters.</summary>
    public void WhileMerged(Action work)
    {
        _lora?.Merge();
        try
        {
            work();
        }
        finally
        {
            _lora?.Unmerge();
        }
    }

    public void Dispose()
    {
        _lora?.Dispose();
        Parameters.Dispose();
    }

    private static LoraOptions Options(AdapterChoice adapters, string? startFrom) => new()
    {
        Rank = adapters.Rank,
        Alpha = adapters.Alpha > 0 ? adapters.Alpha : 2.0 * adapters.Rank,
        TargetModules = adapters.Targets,
        BaseModel = startFrom,
    };

    private IEnumerable<(string Name, Parameter Parameter)> Trainable(Func<string, bool> isFrozen)
    {
        if (_lora is not null) return _lora.Parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value));
        foreach (var (name, parameter) in _model.named_parameters())
        {
            if (isFrozen(name)) parameter.requires_grad = false;
        }

        return _model.named_parameters();
    }
}
