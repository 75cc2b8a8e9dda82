using GenAgent.Agents;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Training.Grpo;

/// <summary>
/// What samples and what is trained, in one object: model, tokenizer, image processor, generation engine, chat client, version. Agent and trainer share
/// it; an update of the weights goes to the engine directly, or as a folder to an engine outside the process. Sampling is the model's own distribution at
/// one temperature, nothing else, so that the trainer computes the very probabilities that were sampled from.
/// </summary>
public sealed class Policy : IDisposable
{
    private readonly LocalSampler? _local;
    private readonly IRolloutEngine? _remote;
    private readonly WeightsFolder? _weights;

    /// <summary>Loads a model.</summary>
    /// <param name="folder">A Qwen2.5-VL in the layout of Hugging Face, with tokenizer and image settings.</param>
    /// <param name="temperature">The sampling temperature, above 0.</param>
    /// <param name="ownSampler">Whether the engine gets weights of its own: it may then sample while the others are trained. Costs the model's memory once
    /// more.</param>
    /// <param name="engine">How the engine runs; null for the defaults.</param>
    /// <param name="dtype">The weights' type; null for the checkpoint's on a GPU, float32 on a CPU.</param>
    /// <param name="device">Where the model lives; null for the CPU.</param>
    /// <param name="remote">The engine outside this process that samples instead; null to sample here.</param>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    public Policy(string folder, double temperature = 1, bool ownSampler = false, GenerationEngineOptions? engine = null, ScalarType? dtype = null,
        Device? device = null, RemoteSampling? remote = null)
    {
        if (!(temperature > 0))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "Rollouts are sampled: the temperature must be above 0.");
        Temperature = temperature;
        Tokenizer = TokenizerLoader.Load(folder);
        Processor = new ImageProcessor(ImageProcessorOptions.Load(folder));
        Model = Qwen25VLCheckpoint.Load(folder, dtype, device);
        if (remote is not null)
        {
            (_remote, _weights, Client) = (remote.Engine, new WeightsFolder(remote.WeightsFolder), remote.Engine.Client);
            return;
        }

        var sampled = ownSampler ? Qwen25VLCheckpoint.Load(folder, dtype, device) : Model;
        var local = new GenerationEngine(sampled, engine, Tokenizer);
        var client = new TorchChatClient(local, Tokenizer, Processor, new TorchChatClientOptions
        {
            ModelId = "policy",
            PolicyVersion = () => Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Profile = AgentProfile.Load(folder),
            Sampling = new SamplingOptions { Temperature = temperature, MaxTokens = GenerationDefaults.Load(folder).MaxTokens },
        });
        (_local, Client) = (new LocalSampler(sampled, local, client), client);
    }

    /// <summary>Loads a model as a recipe says.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="training">Its steps and its device.</param>
    /// <param name="remote">The engine outside this process that samples; null to sample here.</param>
    /// <returns>The policy; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    public static Policy Load(string folder, GrpoOptions options, TrainingOptions training, RemoteSampling? remote = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        return new Policy(folder, options.Temperature, options.MaxStaleness > 0, device: TrainingDevice.Open(training), remote: remote);
    }

    /// <summary>The weights that are trained.</summary>
    public Qwen25VLModel Model { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Prepares images as the model takes them.</summary>
    public ImageProcessor Processor { get; }

    /// <summary>The agent's model.</summary>
    public IChatClient Client { get; }

    /// <summary>The sampling temperature: log-probabilities are those at this temperature.</summary>
    public double Temperature { get; }

    /// <summary>The optimizer step whose weights the engine samples with.</summary>
    public long Version { get; private set; } = -1;

    /// <summary>What is trained of the model; null for its weights as they are.</summary>
    internal TrainedAgent? Trained { get; set; }

    /// <summary>Gives the trained weights to the engine: waits for the turns under way, holds new ones back meanwhile.</summary>
    /// <param name="version">The optimizer step that made the weights.</param>
    /// <param name="cancellationToken">Cancels an update of an engine outside this process.</param>
    /// <exception cref="GenAgent.Models.BackendException">The engine outside this process could not be brought to the weights.</exception>
    public async Task UpdateModelAsync(long version, CancellationToken cancellationToken = default)
    {
        if (version == Version) return;
        await (_local is null ? SendAsync(version, cancellationToken) : _local.Engine.UpdateModelAsync(Copy));
        Version = version;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_local is not null)
        {
            _local.Client.Dispose();
            _local.Engine.Dispose();
            if (!ReferenceEquals(_local.Model, Model)) _local.Model.Dispose();
        }

        Model.Dispose();
    }

    private async Task SendAsync(long version, CancellationToken cancellationToken)
    {
        var isAdapter = Trained?.HasAdapters == true;
        var folder = _weights!.Write(version, aside =>
        {
            if (isAdapter) Trained!.SaveAdapters(aside);
            else Qwen25VLCheckpoint.Save(Model, aside);
        });
        await _remote!.UpdateAsync(new RolloutWeights(folder, version, isAdapter), cancellationToken);
        _weights.DeleteOthers(version);
    }

    private void Copy(Qwen25VLModel sampled)
    {
        if (ReferenceEquals(sampled, Model)) return;
        if (Trained is null) CopyWeights();
        else Trained.WhileMerged(CopyWeights);

        void CopyWeights()
        {
            using var frozen = no_grad();
            foreach (var (target, source) in sampled.parameters().Zip(Model.parameters())) target.copy_(source);
        }
    }

    private sealed record LocalSampler(Qwen25VLModel Model, GenerationEngine Engine, TorchChatClient Client);
}
