using System.Globalization;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Grpo.Engines;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Grpo.Engines;

/// <summary>An engine that knows the trained weights only by the folders that it is given, as a server would.</summary>
internal sealed class FolderEngine : IRolloutEngine
{
    private readonly string _start;
    private readonly Qwen25VLModel _model;
    private readonly GenerationEngine _engine;
    private readonly TorchChatClient _client;
    private string _version = "none";

    public FolderEngine(string start, GenerationEngineOptions options)
    {
        _start = start;
        _model = Qwen25VLCheckpoint.Load(start);
        var tokenizer = TokenizerLoader.Load(start);
        _engine = new GenerationEngine(_model, options, tokenizer);
        _client = new TorchChatClient(_engine, tokenizer, new ImageProcessor(ImageProcessorOptions.Load(start)), new TorchChatClientOptions
        {
            ModelId = "engine",
            PolicyVersion = () => _version,
            Sampling = new SamplingOptions { Temperature = 1, MaxTokens = GenerationDefaults.Load(start).MaxTokens },
        });
    }

    public IChatClient Client => _client;

    /// <summary>The updates so far; each folder is looked at while it is there.</summary>
    public List<(RolloutWeights Weights, string[] Files)> Updates { get; } = [];

    /// <summary>Is called in an update, before anything is loaded.</summary>
    public Action<RolloutWeights>? OnUpdate { get; set; }

    public Task UpdateAsync(RolloutWeights weights, CancellationToken cancellationToken = default)
    {
        Updates.Add((weights, [.. Directory.EnumerateFiles(weights.Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]));
        OnUpdate?.Invoke(weights);
        return _engine.UpdateModelAsync(model =>
        {
            using var loaded = Qwen25VLCheckpoint.Load(weights.IsAdapter ? _start : weights.Folder);
            if (weights.IsAdapter) LoraAdapter.MergeInto(loaded, weights.Folder);
            using var frozen = no_grad();
            foreach (var (target, source) in model.parameters().Zip(loaded.parameters())) target.copy_(source);
            _version = weights.Version.ToString(CultureInfo.InvariantCulture);
        });
    }

    public void Dispose()
    {
        _client.Dispose();
        _engine.Dispose();
        _model.Dispose();
    }
}
