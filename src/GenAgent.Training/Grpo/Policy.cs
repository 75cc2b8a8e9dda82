using GenAgent.Agents;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Runs;
using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>
/// What samples and what is trained, in one object: model, tokenizer, image processor, generation engine, chat client, version. Agent and trainer share
/// it; an update of the weights goes to the engine directly. Sampling is the model's own distribution at one temperature, nothing else, so that the
/// trainer computes the very probabilities that were sampled from.
/// </summary>
public sealed class Policy : IDisposable
{
    private readonly Qwen25VLModel _sampled;

    /// <summary>Loads a model.</summary>
    /// <param name="folder">A Qwen2.5-VL in the layout of Hugging Face, with tokenizer and image settings.</param>
    /// <param name="temperature">The sampling temperature, above 0.</param>
    /// <param name="ownSampler">Whether the engine gets weights of its own: it may then sample while the others are trained. Costs the model's memory once
    /// more.</param>
    /// <param name="engine">How the engine runs; null for the defaults.</param>
    /// <param name="dtype">The weights' type; null for the checkpoint's on a GPU, float32 on a CPU.</param>
    /// <param name="device">Where the model lives; null for the CPU.</param>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    public Policy(string folder, double temperature = 1, bool ownSampler = false, GenerationEngineOptions? engine = null, ScalarType? dtype = null,
        Device? device = null)
    {
        if (!(temperature > 0))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "Rollouts are sampled: the temperature must be above 0.");
        Temperature = temperature;
        Tokenizer = TokenizerLoader.Load(folder);
        Processor = new ImageProcessor(ImageProcessorOptions.Load(folder));
        var defaults = GenerationDefaults.Load(folder);
        Model = Qwen25VLCheckpoint.Load(folder, dtype, device);
        _sampled = ownSampler ? Qwen25VLCheckpoint.Load(folder, dtype, device) : Model;
        Engine = new GenerationEngine(_sampled, engine, Tokenizer);
        Client = new TorchChatClient(Engine, Tokenizer, Processor, new TorchChatClientOptions
        {
            ModelId = "policy",
            PolicyVersion = () => Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Profile = AgentProfile.Load(folder),
            Sampling = new SamplingOptions { Temperature = temperature, MaxTokens = defaults.MaxTokens },
        });
    }

    /// <summary>Loads a model as a recipe says.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="training">Its steps and its device.</param>
    /// <returns>The policy; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    public static Policy Load(string folder, GrpoOptions options, TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        return new Policy(folder, options.Temperature, options.MaxStaleness > 0, device: TrainingDevice.Open(training));
    }

    /// <summary>The weights that are trained.</summary>
    public Qwen25VLModel Model { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Prepares images as the model takes them.</summary>
    public ImageProcessor Processor { get; }

    /// <summary>Computes the samples.</summary>
    public GenerationEngine Engine { get; }

    /// <summary>The agent's model.</summary>
    public TorchChatClient Client { get; }

    /// <summary>The sampling temperature: log-probabilities are those at this temperature.</summary>
    public double Temperature { get; }

    /// <summary>The optimizer step whose weights the engine samples with.</summary>
    public long Version { get; private set; } = -1;

    /// <summary>Gives the trained weights to the engine: waits for the turns under way, holds new ones back meanwhile.</summary>
    /// <param name="version">The optimizer step that made the weights.</param>
    public async Task UpdateModelAsync(long version)
    {
        if (version == Version) return;
        await Engine.UpdateModelAsync(sampled =>
        {
            if (ReferenceEquals(sampled, Model)) return;
            using var frozen = no_grad();
            foreach (var (target, source) in sampled.parameters().Zip(Model.parameters())) target.copy_(source);
        });
        Version = version;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        Engine.Dispose();
        if (!ReferenceEquals(_sampled, Model)) _sampled.Dispose();
        Model.Dispose();
    }
}
