using System.Text;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Generation.Sampling;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Chat;

/// <summary>
/// What a chat client of a Qwen2.5-VL does beside computing, whoever computes: conversations become ids that always continue the ids of the turns before,
/// settings become those of a sampler, and sampled tokens become a response that carries its trace. Safe to use from many tasks at once.
/// </summary>
public sealed class QwenChat
{
    private const string EndOfText = "<|endoftext|>";

    private readonly ITokenizer _tokenizer;
    private readonly TorchChatClientOptions _options;
    private readonly ConversationReader _reader;
    private readonly int[] _stopIds;
    private readonly int[] _bannedIds;

    /// <summary>Creates the chat of a model.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="processor">Prepares images as the model was trained with.</param>
    /// <param name="options">How to talk to the model; null for the defaults.</param>
    /// <exception cref="ArgumentException">The tokenizer lacks a control token, or has ids outside the model's vocabulary.</exception>
    public QwenChat(Qwen25VLConfig config, ITokenizer tokenizer, ImageProcessor processor, TorchChatClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(processor);
        var vocabulary = config.Text.VocabularySize;
        if (tokenizer.IdLimit > vocabulary)
        {
            throw new ArgumentException(
                $"The tokenizer has ids up to {tokenizer.IdLimit - 1}, but the model's vocabulary has {vocabulary}: they do not belong together.",
                nameof(tokenizer));
        }

        if (tokenizer.IdOf(QwenChatTemplate.ImagePad) != config.ImageTokenId)
        {
            throw new ArgumentException(
                $"{QwenChatTemplate.ImagePad} is id {tokenizer.IdOf(QwenChatTemplate.ImagePad)} in the tokenizer, but {config.ImageTokenId} in the "
                    + "model: they do not belong together.", nameof(tokenizer));
        }

        (_tokenizer, _options) = (tokenizer, options ?? new TorchChatClientOptions());
        _reader = new ConversationReader(tokenizer, processor, _options.ImageInput);
        _stopIds = [tokenizer.IdOf(QwenChatTemplate.TurnEnd), .. tokenizer.TryGetId(EndOfText, out var end) ? (int[])[end] : [], .. _options.Sampling.StopIds];

        // The embedding table is often larger than the vocabulary; ids without a token have no meaning, and a turn never begins within a turn.
        _bannedIds =
        [
            .. _options.Sampling.BannedIds,
            tokenizer.IdOf(QwenChatTemplate.TurnStart),
            .. Enumerable.Range(tokenizer.IdLimit, vocabulary - tokenizer.IdLimit)
        ];
    }

    /// <summary>Reads a conversation that the model continues.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">The request's options: their instructions come first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The conversation's ids and images.</returns>
    /// <exception cref="ArgumentException">A message has content that the model does not accept; the exception says which.</exception>
    public Task<ReadConversation> ReadAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] whole = options?.Instructions is { Length: > 0 } instructions
            ? [new ChatMessage(ChatRole.System, instructions), .. messages]
            : [.. messages];
        return Task.Run(() => _reader.Read(whole), cancellationToken);
    }

    /// <summary>The sampling of a request: what it says, else the model's defaults.</summary>
    /// <param name="options">The request's options.</param>
    /// <returns>The sampling, with the ids that end a turn and those that never come.</returns>
    /// <exception cref="ArgumentException">The request has tools, which the model's template does not know.</exception>
    public SamplingOptions Sampling(ChatOptions? options)
    {
        if (options?.Tools is { Count: > 0 })
        {
            throw new ArgumentException(
                "This model's template knows no tools: describe them in the system message, and read calls from the text.", nameof(options));
        }

        var defaults = _options.Sampling;
        return defaults with
        {
            Temperature = options?.Temperature ?? defaults.Temperature,
            TopP = options?.TopP ?? defaults.TopP,
            TopK = options?.TopK ?? defaults.TopK,
            MinP = Number(options, TorchChatClient.MinPKey) ?? defaults.MinP,
            RepetitionPenalty = Number(options, TorchChatClient.RepetitionPenaltyKey) ?? defaults.RepetitionPenalty,
            LogProbsAtTemperatureOne = options?.AdditionalProperties?.TryGetValue(TorchChatClient.LogProbsAtTemperatureOneKey, out var value) == true
                ? value is true
                : defaults.LogProbsAtTemperatureOne,
            Seed = options?.Seed is { } seed ? unchecked((ulong)seed) : defaults.Seed,
            MaxTokens = options?.MaxOutputTokens ?? defaults.MaxTokens,
            StopStrings = [.. defaults.StopStrings, .. options?.StopSequences ?? []],
            StopIds = _stopIds,
            BannedIds = _bannedIds,
        };
    }

    /// <summary>Writes the response to a conversation.</summary>
    /// <param name="id">The response's id.</param>
    /// <param name="conversation">The conversation.</param>
    /// <param name="sampling">How its continuation was sampled.</param>
    /// <param name="result">What was sampled.</param>
    /// <param name="policyVersion">The version of the weights that sampled it; null if unknown.</param>
    /// <returns>The response, which carries the trace.</returns>
    public ChatResponse Respond(string id, ReadConversation conversation, SamplingOptions sampling, GenerationResult result, string? policyVersion)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(sampling);
        ArgumentNullException.ThrowIfNull(result);
        var stops = NewMatcher(sampling);
        var text = new StringBuilder();
        foreach (var token in result.Tokens)
        {
            text.Append(stops.Append(token.Id));
        }

        var trace = conversation.Extend(result.Tokens, policyVersion, sampling);
        return Ending(id, text.Append(stops.Flush()).ToString(), trace, result).ToChatResponse();
    }

    internal StopMatcher NewMatcher(SamplingOptions sampling) => new(_tokenizer.StartDecoding(skipSpecialTokens: true), sampling.StopStrings);

    /// <summary>The last updates: what is left of the text, and the trace; then why it ended and what it used.</summary>
    internal ChatResponseUpdate[] Ending(string id, string text, TokenTrace trace, GenerationResult result)
    {
        // Properties of an update with a message id are attached to the message, those of one without to the response: the trace belongs on both.
        var last = Update(id, [new UsageContent(Usage(result))], result.End).WithTokenTrace(trace);
        last.MessageId = null;
        return [Update(id, [new TextContent(text)]).WithTokenTrace(trace), last];
    }

    internal ChatResponseUpdate Update(string id, IList<AIContent> contents, GenerationEnd? end = null) => new(ChatRole.Assistant, contents)
    {
        ResponseId = id,
        MessageId = id,
        ModelId = _options.ModelId,
        FinishReason = end switch { GenerationEnd.Stop => ChatFinishReason.Stop, GenerationEnd.Length => ChatFinishReason.Length, _ => null },
    };

    private static UsageDetails Usage(GenerationResult result) => new()
    {
        InputTokenCount = result.PromptTokens,
        CachedInputTokenCount = result.ReusedTokens,
        OutputTokenCount = result.Tokens.Count,
        TotalTokenCount = result.PromptTokens + result.Tokens.Count,
    };

    private static double? Number(ChatOptions? options, string key) =>
        options?.AdditionalProperties?.TryGetValue(key, out var value) == true && value is not null
            ? Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
