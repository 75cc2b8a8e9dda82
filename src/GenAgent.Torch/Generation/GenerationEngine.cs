using System.Runtime.CompilerServices;
using System.Threading.Channels;
using GenAgent.Seeds;
using GenAgent.Torch.Generation.Cpu;
using GenAgent.Torch.Generation.Sampling;
using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Generation.Eager;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Generation;

/// <summary>
/// Generates for many requests at once with one Qwen2.5-VL: continuous batching, a paged cache with a memory budget, shared prefixes, each
/// image encoded once. Safe to use from many tasks; a thread of the engine owns the cache. The caller keeps ownership of the model but must not touch it
/// while requests run: see <see cref="UpdateModelAsync"/>.
/// </summary>
public sealed class GenerationEngine : IAsyncDisposable, IDisposable
{
    private readonly Qwen25VLModel _model;
    private readonly ITokenizer? _tokenizer;
    private readonly EngineLoop _loop;
    private readonly SeedPath _seeds;
    private long _requests;

    /// <summary>Starts an engine.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How to run; null for the defaults.</param>
    /// <param name="tokenizer">Decodes generated ids to find stop strings; without it, requests cannot have stop strings.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public GenerationEngine(Qwen25VLModel model, GenerationEngineOptions? options = null, ITokenizer? tokenizer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new GenerationEngineOptions();
        options.Validate();
        (_model, _tokenizer, _seeds) = (model, tokenizer, SeedPath.FromRoot(options.Seed));
        var decoder = CreateDecoder(model, options);
        try
        {
            _loop = new EngineLoop(model, decoder, options);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>The model's shape.</summary>
    public Qwen25VLConfig Config => _model.Config;

    /// <summary>The most tokens that one request can have, prompt and answer together.</summary>
    public int MaxTokens => (int)Math.Min(_loop.CacheTokens, _model.Config.Text.MaxPositions);

    /// <summary>What the engine has done so far, as of the last step.</summary>
    public EngineStatistics Statistics => _loop.Statistics;

    /// <summary>Generates until the request ends.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The ids, and why the request ended.</returns>
    /// <exception cref="RequestTooLongException">The request can never fit.</exception>
    /// <exception cref="ArgumentException">The request contradicts itself: the message says how.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; it has left the batch.</exception>
    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        var sequence = Prepare(request, stream: null);
        return await RunAsync(sequence, cancellationToken);
    }

    /// <summary>Generates, and yields tokens as they are sampled. Leaving the enumeration early cancels the request.</summary>
    /// <param name="request">What to continue.</param>
    /// <param name="onEnd">Receives the result after the last token; may be null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The tokens, in order.</returns>
    /// <remarks>Throws what <see cref="GenerateAsync"/> throws.</remarks>
    public async IAsyncEnumerable<GeneratedToken> StreamAsync(
        GenerationRequest request, Action<GenerationResult>? onEnd = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var tokens = Channel.CreateUnbounded<GeneratedToken>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var sequence = Prepare(request, tokens.Writer);
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var run = RunAsync(sequence, left.Token);
        try
        {
            await foreach (var token in tokens.Reader.ReadAllAsync(CancellationToken.None))
            {
                yield return token;
            }

            onEnd?.Invoke(await run);
        }
        finally
        {
            await left.CancelAsync();
            await run.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>
    /// Changes the model while no request is computed: waits for the running requests, delays new ones, runs <paramref name="change"/> on the engine's
    /// thread, then reads the new weights and clears all cached keys, values and image features.
    /// </summary>
    /// <param name="change">May change the model in any way, or do nothing if the weights were changed before.</param>
    public Task UpdateModelAsync(Action<Qwen25VLModel> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _loop.ChangeAsync(change);
    }

    /// <summary>Stops, and returns after the current step; unfinished requests fail with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _loop.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    private static ITextDecoder CreateDecoder(Qwen25VLModel model, GenerationEngineOptions options)
    {
        if (options.Decoder == DecoderKind.Torch || (options.Decoder == DecoderKind.Auto && (model.Device.type != DeviceType.CPU || model.IsPacked)))
        {
            return new TorchTextDecoder(model);
        }

        var isBFloat16 = options.Weights == WeightPrecision.BF16 || (options.Weights == WeightPrecision.AsModel && model.DType == ScalarType.BFloat16);
        return new CpuTextDecoder(model, isBFloat16, options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
    }

    private EngineSequence Prepare(GenerationRequest request, ChannelWriter<GeneratedToken>? stream)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Sampling.Validate(_tokenizer is not null);
        var vocabulary = _model.Config.Text.VocabularySize;
        if (request.Ids.Count == 0 || request.Ids.Any(id => id < 0 || id >= vocabulary))
        {
            throw new ArgumentException($"A request needs one token or more, all below {vocabulary}.", nameof(request));
        }

        if (request.Sampling.BannedIds.Any(id => id < 0 || id >= vocabulary))
        {
            throw new ArgumentException($"A banned id is outside the vocabulary of {vocabulary}.", nameof(request));
        }

        if (request.Sampling.LogitBias.Keys.Any(id => id < 0 || id >= vocabulary))
        {
            throw new ArgumentException($"An id with a bias is outside the vocabulary of {vocabulary}.", nameof(request));
        }

        var patchLength = _model.Config.Vision.PatchLength;
        if (request.Images.FirstOrDefault(image => image.Values.Length != image.Grid.Patches * patchLength) is { } wrong)
        {
            throw new ArgumentException(
                $"An image of {wrong.Grid.Patches} patches has {wrong.Values.Length} values, but the model expects {patchLength} a patch: was it prepared for "
                    + "another model?", nameof(request));
        }

        var room = MaxTokens - request.Ids.Count;
        if (room < (request.Sampling.MaxTokens ?? 1))
        {
            throw new RequestTooLongException(
                $"The request has {request.Ids.Count} tokens and wants {request.Sampling.MaxTokens ?? 1} more, but the engine can hold {MaxTokens} "
                + $"(the cache holds {_loop.CacheTokens}, the model was made for {_model.Config.Text.MaxPositions}).");
        }

        var seed = request.Sampling.Seed ?? _seeds.Child("request", Interlocked.Increment(ref _requests) - 1).Value;
        var stops = request.Sampling.StopStrings.Count > 0 ? new StopMatcher(_tokenizer!.StartDecoding(), request.Sampling.StopStrings) : null;
        return new EngineSequence(request, _model.Config, request.Sampling.MaxTokens ?? room, seed, stops, stream);
    }

    private async Task<GenerationResult> RunAsync(EngineSequence sequence, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) sequence.Cancel();
        else _loop.Submit(sequence);
        await using var registration = cancellationToken.Register(() =>
        {
            sequence.IsCancelled = true;
            _loop.Wake();
        });
        try
        {
            return await sequence.Completion;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
