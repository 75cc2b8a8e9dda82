using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenAgent.Engines.Replicas;
using GenAgent.Engines.Wire;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Engines;

/// <summary>
/// A chat client over a Qwen2.5-VL that vLLM or SGLang serves, token-exact: ids go in and out, and every response carries its trace, as that of a
/// <see cref="TorchChatClient"/> does, with the version of the weights. Answers come whole, also where a stream is asked for. A fault that makes a trace
/// wrong is an exception, never a wrong trace. Safe to use from many tasks at once.
/// </summary>
public sealed class EngineChatClient : IChatClient
{
    // Below it, engines take the likeliest token.
    private const double Greedy = 1e-5;

    // 8 x 8 pixels of grey.
    private const string TrialImage =
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAD0lEQVR42mNowAEYhpYEAILzYAEllbNjAAAAAElFTkSuQmCC";

    private static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(5);

    private readonly EngineOptions _options;
    private readonly TorchChatClientOptions _chatOptions;
    private readonly Qwen25VLConfig _config;
    private readonly Tokenizer _tokenizer;
    private readonly QwenChat _chat;
    private readonly IEngineWire _wire;
    private readonly LogProbCheck _logProbs;
    private readonly TokenizerCheck _tokenizers;
    private readonly TimeProvider _time;
    private readonly int _mergeSize;

    /// <summary>Reads what the folder says, and calls no server yet.</summary>
    /// <param name="options">The model and its servers.</param>
    /// <param name="loggerFactory">Where attempts and notices are logged; null for nowhere.</param>
    /// <param name="timeProvider">The clock of waits and time limits; null for the system's.</param>
    /// <exception cref="InvalidDataException">A file of the folder is wrong; the message names it.</exception>
    /// <exception cref="ArgumentException">There is no replica, or one is named twice, or an option is out of its range.</exception>
    public EngineChatClient(EngineOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Replicas.Count == 0 || options.Replicas.Distinct().Count() < options.Replicas.Count)
        {
            throw new ArgumentException($"An engine needs one address or more, each once; these are {string.Join(", ", options.Replicas)}.", nameof(options));
        }

        (_options, _time) = (options, timeProvider ?? TimeProvider.System);
        _config = Qwen25VLConfig.Load(options.Folder);
        _tokenizer = TokenizerLoader.Load(options.Folder);
        var processor = new ImageProcessor(ImageProcessorOptions.Load(options.Folder));
        _mergeSize = processor.Options.MergeSize;
        _chatOptions = options.ToChatOptions();
        _chat = new QwenChat(_config, _tokenizer, processor, _chatOptions);
        var refused = new RefusedFields(SglangWire.Optional, [], (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger(ServerNotices.Category));
        _wire = options.Kind == EngineKind.Vllm
            ? new VllmWire(options, _config.ImageTokenId, _mergeSize)
            : new SglangWire(options, _config.ImageTokenId, refused);
        _logProbs = new LogProbCheck(options, _wire, _tokenizer);
        _tokenizers = new TokenizerCheck(options, _tokenizer);
        Pool = new ReplicaPool([.. options.Replicas.Select(address => Open(address, loggerFactory))], _time);
    }

    internal EngineOptions Options => _options;

    /// <summary>The servers, and which of them gets which request.</summary>
    public ReplicaPool Pool { get; }

    /// <inheritdoc/>
    /// <exception cref="BackendException">No server answered as it must; the message says which one and why.</exception>
    /// <exception cref="ArgumentException">A message has content that the model does not accept.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] given = [.. messages];
        var conversation = await _chat.ReadAsync(given, options, cancellationToken);
        AnswerCheck.Conversation($"{_options.Scheme}:{_options.Model}", given, conversation, _config.ImageTokenId, _mergeSize);
        var request = Request(conversation, _chat.Sampling(options));
        var (answer, replica) = await SendAsync(request, cancellationToken);
        var end = answer.Finish is "length" ? GenerationEnd.Length : GenerationEnd.Stop;
        var result = new GenerationResult(answer.Tokens, end, null, conversation.Ids.Count, answer.CachedTokens);
        var version = AnswerCheck.Version(answer) ?? Pool.ExpectedVersion?.Invoke() ?? _options.PolicyVersion?.Invoke(replica.Address);
        var response = _chat.Respond($"{_options.Scheme}-{Guid.CreateVersion7():N}", conversation, request.Sampling, result, version);
        Pool.Settle(Trajectories.TokenTraceExtensions.GetTokenTrace(response)!, replica);
        return response;
    }

    /// <inheritdoc/>
    /// <exception cref="BackendException">No server answered as it must; the message says which one and why.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdatesAsync(messages, options, cancellationToken);

    /// <summary>
    /// Tries each replica with one small image and one token, and measures what it reports as log-probabilities: finds what a rollout would stumble over.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A report for each replica, in the order of <see cref="ReplicaPool.Replicas"/>.</returns>
    public async Task<IReadOnlyList<ReplicaReport>> CheckAsync(CancellationToken cancellationToken = default)
    {
        var image = new DataContent(Convert.FromBase64String(TrialImage), "image/png");
        var conversation = await _chat.ReadAsync([new ChatMessage(ChatRole.User, [new TextContent("What is this?"), image])], null, cancellationToken);
        var request = Request(conversation, new SamplingOptions { Temperature = 0, MaxTokens = 1 });
        return await Task.WhenAll(Pool.Replicas.Select(async replica =>
        {
            try
            {
                await _tokenizers.RequireAsync(replica, cancellationToken);
                var answer = await _wire.GenerateAsync(replica, request, cancellationToken);
                AnswerCheck.Answer(replica.Http.Name, request, answer);
                return new ReplicaReport(replica.Address, null)
                {
                    Version = AnswerCheck.Version(answer), LogProbs = await _logProbs.DescribeAsync(replica, cancellationToken),
                };
            }
            catch (BackendException fault)
            {
                return new ReplicaReport(replica.Address, fault.Message);
            }
        }));
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(_options.Scheme, _options.Replicas[0], _chatOptions.ModelId)
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_chatOptions.Profile) ? _chatOptions.Profile
            : serviceType.IsInstanceOfType(Pool) ? Pool
            : serviceType.IsInstanceOfType(_tokenizer) ? _tokenizer
            : null;
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose()
    {
        foreach (var replica in Pool.Replicas) replica.Http.Dispose();
    }

    private async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    private Replica Open(Uri address, ILoggerFactory? loggerFactory)
    {
        // Retries are made here, where there may be another replica.
        var name = $"{_options.Scheme}:{_options.Model} at {address.AbsoluteUri.TrimEnd('/')}";
        var http = new BackendHttp(name, _options.Http with { MaxRetries = 0 }) { LoggerFactory = loggerFactory, TimeProvider = _time };
        var health = new BackendHttp(name, _options.Http with { MaxRetries = 0, AttemptTimeout = HealthPatience, TotalTimeout = HealthPatience });
        return new Replica(address, new EngineHttp(name, address, _options.ApiKey(address), http, health));
    }

    private EngineRequest Request(ReadConversation conversation, SamplingOptions sampling)
    {
        var room = _config.Text.MaxPositions - conversation.Ids.Count;
        if (room < (sampling.MaxTokens ?? 1))
        {
            throw new ContextLengthException(
                $"The conversation has {conversation.Ids.Count} tokens and wants {sampling.MaxTokens ?? 1} more, but the model was made for "
                    + $"{_config.Text.MaxPositions}.");
        }

        var told = sampling with
        {
            Temperature = sampling.Temperature < Greedy ? 0 : sampling.Temperature,
            BannedIds = [.. sampling.BannedIds.Concat(_config.VisionTokenIds).Except(sampling.StopIds).Distinct()],
        };
        return new EngineRequest(conversation, told, sampling.MaxTokens ?? room);
    }

    private async Task<(EngineAnswer Answer, Replica Replica)> SendAsync(EngineRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Http.TotalTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await TryAsync(request, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var states = Pool.Replicas.Select(replica => $"{replica}: {(replica.IsDraining ? "taken out" : replica.Fault ?? "up")}");
            throw new BackendUnavailableException(
                $"{_options.Scheme}:{_options.Model} did not answer within {_options.Http.TotalTimeout.TotalSeconds:0.##} s (Http:TotalTimeout). "
                    + string.Join("; ", states));
        }
    }

    private async Task<(EngineAnswer Answer, Replica Replica)> TryAsync(EngineRequest request, CancellationToken cancellationToken)
    {
        int? prompt = request.Conversation.Before is null ? PromptOf(request.Conversation) : null;
        var tried = new List<Replica>();
        BackendException? last = null;
        for (var attempt = 0; ; attempt++)
        {
            using (var lease = await Pool.RentAsync(request.Conversation.Before, prompt, tried, cancellationToken))
            {
                if (lease is not null)
                {
                    try
                    {
                        await _tokenizers.RequireAsync(lease.Replica, cancellationToken);
                        await _logProbs.RequireAsync(lease.Replica, request.Sampling, cancellationToken);
                        var answer = await _wire.GenerateAsync(lease.Replica, request, cancellationToken);
                        AnswerCheck.Answer(lease.Replica.Http.Name, request, answer);
                        AnswerCheck.Weights(lease.Replica.Http.Name, answer, Pool.ExpectedVersion?.Invoke());
                        Pool.Succeeded(lease.Replica);
                        return (answer, lease.Replica);
                    }
                    catch (BackendException fault) when (fault is BackendUnavailableException or RateLimitException)
                    {
                        last = fault;
                        if (fault is BackendUnavailableException) Pool.Failed(lease.Replica, fault);
                        if (!tried.Contains(lease.Replica)) tried.Add(lease.Replica);
                        if (fault is RateLimitException { RetryAfter: { } asked } && asked > _options.Http.MaxRetryAfter && !HasAnother(tried)) throw;
                    }
                }
            }

            if (attempt >= _options.Http.MaxRetries) throw last ?? Down();
            if (!HasAnother(tried))
            {
                // Nobody else is there to ask. A request that ran into the time limit would do so again.
                if (last is { TimedOut: true }) throw last;
                tried.Clear();
                await Task.Delay(Rest(attempt, last), _time, cancellationToken);
            }
        }
    }

    private TimeSpan Rest(int attempt, BackendException? last)
    {
        var doubled = _options.Http.RetryDelay * Math.Pow(2, attempt);
        var rest = doubled < _options.Http.MaxRetryDelay ? doubled : _options.Http.MaxRetryDelay;
        return last is RateLimitException { RetryAfter: { } asked } && asked > rest ? asked : rest;
    }

    private bool HasAnother(List<Replica> tried) => Pool.Replicas.Any(replica => replica.Fault is null && !tried.Contains(replica));

    private BackendUnavailableException Down() => new(
        $"No replica of {_options.Scheme}:{_options.Model} is up: {string.Join("; ", Pool.Replicas.Select(replica => $"{replica}: {replica.Fault}"))}");

    private static int PromptOf(ReadConversation conversation)
    {
        var hash = default(HashCode);
        hash.AddBytes(MemoryMarshal.AsBytes<int>([.. conversation.Ids]));
        return hash.ToHashCode();
    }
}
