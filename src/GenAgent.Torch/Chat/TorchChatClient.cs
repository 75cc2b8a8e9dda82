using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Tokenizers;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Torch.Chat;

/// <summary>
/// A chat client over a local Qwen2.5-VL. Safe to use from many tasks at once: their requests are batched. Every response carries the trace of its tokens;
/// a conversation that contains the returned messages continues from exactly those ids and reuses the cache.
/// </summary>
public sealed class TorchChatClient : IChatClient, IFirstTokenReader
{
    /// <summary>Key in a request's additional properties for <see cref="SamplingOptions.MinP"/>.</summary>
    public const string MinPKey = "min_p";

    /// <summary>Key in a request's additional properties for <see cref="SamplingOptions.RepetitionPenalty"/>.</summary>
    public const string RepetitionPenaltyKey = "repetition_penalty";

    /// <summary>Key in a request's additional properties for <see cref="SamplingOptions.LogProbsAtTemperatureOne"/>.</summary>
    public const string LogProbsAtTemperatureOneKey = "logprobs_at_temperature_one";

    private readonly GenerationEngine _engine;
    private readonly ITokenizer _tokenizer;
    private readonly TorchChatClientOptions _options;
    private readonly QwenChat _chat;
    private readonly IDisposable? _owned;

    /// <summary>Creates a chat client on an engine that the caller owns.</summary>
    /// <param name="engine">The engine; it must use the same tokenizer, to find stop strings.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="processor">Prepares images as the model was trained with.</param>
    /// <param name="options">How to talk to the model; null for the defaults.</param>
    /// <exception cref="ArgumentException">The tokenizer lacks a control token, or has ids outside the model's vocabulary.</exception>
    public TorchChatClient(GenerationEngine engine, ITokenizer tokenizer, ImageProcessor processor, TorchChatClientOptions? options = null)
        : this(engine, tokenizer, processor, options, owned: null)
    {
    }

    private TorchChatClient(GenerationEngine engine, ITokenizer tokenizer, ImageProcessor processor, TorchChatClientOptions? options, IDisposable? owned)
    {
        ArgumentNullException.ThrowIfNull(engine);
        (_engine, _tokenizer, _options, _owned) = (engine, tokenizer, options ?? new TorchChatClientOptions(), owned);
        _chat = new QwenChat(engine.Config, tokenizer, processor, _options);
    }

    /// <summary>Loads a checkpoint's folder with its recommended settings onto the CPU. The client owns the model.</summary>
    /// <param name="folder">A folder in the layout of Hugging Face.</param>
    /// <returns>The client; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    public static TorchChatClient Open(string folder) => Load(folder);

    /// <summary>Loads a checkpoint's folder: model, tokenizer, image settings and recommended sampling. The client owns them all.</summary>
    /// <param name="folder">A folder in the layout of Hugging Face.</param>
    /// <param name="engineOptions">How to run; null for the defaults.</param>
    /// <param name="options">How to talk to the model; null for what the folder recommends.</param>
    /// <param name="dtype">The parameters' type; by default fp32 on a CPU, and what the checkpoint says elsewhere.</param>
    /// <param name="device">Where the model runs; by default the CPU.</param>
    /// <param name="adapter">The folder of a LoRA in PEFT's layout that is added to the weights; null for none.</param>
    /// <returns>The client; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    public static TorchChatClient Load(
        string folder, GenerationEngineOptions? engineOptions = null, TorchChatClientOptions? options = null, ScalarType? dtype = null, Device? device = null,
        string? adapter = null)
    {
        var tokenizer = TokenizerLoader.Load(folder);
        var processor = new ImageProcessor(ImageProcessorOptions.LoadIfPresent(folder));
        options ??= new TorchChatClientOptions
        {
            ModelId = Path.GetFileName(Path.GetFullPath(folder)),
            Sampling = GenerationDefaults.Load(folder),
            Profile = AgentProfile.Load(folder)
        };
        options = options with { Source = options.Source ?? new ModelSource(Path.GetFullPath(adapter ?? folder)) };
        MemoryRoom.Require(folder, Qwen25VLCheckpoint.MemoryNeeded(folder, dtype, device), device ?? CPU);
        var model = Qwen25VLCheckpoint.LoadPacked(folder, dtype, device);
        var owned = new OwnedEngine(model);
        try
        {
            if (adapter is not null) LoraAdapter.MergeInto(model, adapter);
            RequireFit(folder, processor, model.Config);
            owned.Engine = new GenerationEngine(model, engineOptions, tokenizer);
            return new TorchChatClient(owned.Engine, tokenizer, processor, options, owned);
        }
        catch
        {
            owned.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ContextLengthException">The conversation can never fit.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (conversation, sampling) = (await _chat.ReadAsync(messages, options, cancellationToken), _chat.Sampling(options));
        var version = _options.PolicyVersion?.Invoke() ?? _options.ModelId;
        GenerationResult result;
        try
        {
            // Without streaming: a stream would wake the reader for every token.
            result = await _engine.GenerateAsync(new GenerationRequest(conversation.Ids, conversation.Images, sampling), cancellationToken);
        }
        catch (RequestTooLongException fault)
        {
            throw new ContextLengthException(fault.Message, fault);
        }

        return _chat.Respond(NewId(), conversation, sampling, result, version);
    }

    /// <inheritdoc/>
    /// <exception cref="ContextLengthException">The conversation can never fit.</exception>
    /// <remarks>The last updates carry the trace, so the combined message and response have it.</remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (conversation, sampling) = (await _chat.ReadAsync(messages, options, cancellationToken), _chat.Sampling(options));
        var version = _options.PolicyVersion?.Invoke() ?? _options.ModelId;
        var stops = _chat.NewMatcher(sampling);
        var id = NewId();
        GenerationResult? result = null;
        await using var tokens = _engine.StreamAsync(
            new GenerationRequest(conversation.Ids, conversation.Images, sampling), end => result = end, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(tokens))
        {
            if (stops.Append(tokens.Current.Id) is { Length: > 0 } text)
            {
                yield return _chat.Update(id, [new TextContent(text)]);
            }
        }

        foreach (var update in _chat.Ending(id, stops.Flush(), conversation.Extend(result!.Tokens, version, sampling), result))
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("torch", providerUri: null, _options.ModelId)
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_options.Profile) ? _options.Profile
            : serviceType.IsInstanceOfType(_options.Source) ? _options.Source
            : serviceType.IsInstanceOfType(_engine) ? _engine
            : serviceType.IsInstanceOfType(_tokenizer) ? _tokenizer
            : null;
    }

    /// <inheritdoc/>
    /// <remarks>Each spelling is forced as one token; its log-probability is the model's own.</remarks>
    public async Task<IReadOnlyList<TokenChance>> ReadFirstTokensAsync(
        IEnumerable<ChatMessage> messages, IReadOnlyList<string> spellings, CancellationToken cancellationToken = default)
    {
        const double Force = 1e6;
        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 1 };
        var (conversation, sampling) = (await _chat.ReadAsync(messages, options, cancellationToken), _chat.Sampling(options));
        var tokens = spellings.Select(s => (Spelling: s, Ids: _tokenizer.Encode(s))).Where(t => t.Ids.Count > 0).DistinctBy(t => t.Ids[0]);
        return await Task.WhenAll(tokens.Select(async token =>
        {
            var forced = sampling with { LogitBias = new Dictionary<int, double> { [token.Ids[0]] = Force }, BannedIds = [], StopIds = [], StopStrings = [] };
            var result = await _engine.GenerateAsync(new GenerationRequest(conversation.Ids, conversation.Images, forced), cancellationToken);
            return new TokenChance(token.Spelling, result.Tokens[0].LogProb);
        }));
    }

    /// <summary>Stops the engine and frees the model if the client loaded them itself.</summary>
    public void Dispose() => _owned?.Dispose();

    private static void RequireFit(string folder, ImageProcessor processor, Qwen25VLConfig config)
    {
        if (processor.PatchLength != config.Vision.PatchLength || processor.Options.MergeSize != config.Vision.MergeSize)
            throw new InvalidDataException(
                $"{folder}: by its {ImageProcessorOptions.FileName} or {ImageProcessorOptions.ProcessorFileName}, or by default where it has neither, images "
                    + $"are cut into patches of {processor.PatchLength} values, merged {processor.Options.MergeSize} x {processor.Options.MergeSize}; the "
                    + $"model takes {config.Vision.PatchLength} and {config.Vision.MergeSize} x {config.Vision.MergeSize}.");
    }

    private static string NewId() => $"torch-{Guid.CreateVersion7():N}";

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<GeneratedToken> tokens)
    {
        try
        {
            return await tokens.MoveNextAsync();
        }
        catch (RequestTooLongException fault)
        {
            throw new ContextLengthException(fault.Message, fault);
        }
    }

    /// <summary>A model and its engine, freed in the right order.</summary>
    private sealed class OwnedEngine(Qwen25VLModel model) : IDisposable
    {
        private readonly Lock _gate = new();
        private bool _isDisposed;

        public GenerationEngine? Engine { get; set; }

        public void Dispose()
        {
            // A second caller waits too and then does nothing, so a module is not freed twice.
            lock (_gate)
            {
                if (_isDisposed) return;
                _isDisposed = true;
                Engine?.Dispose();
                model.Dispose();
            }
        }
    }
}
