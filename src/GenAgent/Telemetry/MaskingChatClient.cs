using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace GenAgent.Telemetry;

/// <summary>
/// Masks known secrets in everything that a model sends, before anything else reads it: text, reasoning, calls, names and errors. So a key that a server
/// echoes, whole or in pieces, never reaches a screen, log, trajectory or report.
/// </summary>
internal sealed class MaskingChatClient(IChatClient inner, SecretMask mask) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            response.ModelId = Mask(response.ModelId);
            foreach (var message in response.Messages)
            {
                Mask(message.Contents, text => mask.MaskValues(text), text => mask.MaskValues(text));
            }

            return response;
        }
        catch (Exception failure) when (MaskedFailure.Has(failure, mask))
        {
            throw MaskedFailure.Of(failure, mask);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (text, reasoning) = (new MaskedText(mask), new MaskedText(mask));
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(updates))
        {
            var update = updates.Current;
            update.ModelId = Mask(update.ModelId);
            Mask(update.Contents, text.Append, reasoning.Append);
            yield return update;
        }

        List<AIContent> rest = [];
        if (reasoning.End() is { Length: > 0 } thought) rest.Add(new TextReasoningContent(thought));
        if (text.End() is { Length: > 0 } said) rest.Add(new TextContent(said));
        if (rest.Count > 0) yield return new ChatResponseUpdate(ChatRole.Assistant, rest);
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (Exception failure) when (MaskedFailure.Has(failure, mask))
        {
            throw MaskedFailure.Of(failure, mask);
        }
    }

    private void Mask(IList<AIContent> contents, Func<string, string> ofText, Func<string, string> ofReasoning)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            switch (contents[i])
            {
                case TextReasoningContent reasoning:
                    reasoning.Text = ofReasoning(reasoning.Text);
                    break;
                case TextContent text:
                    text.Text = ofText(text.Text);
                    break;
                case ErrorContent error:
                    error.Message = mask.MaskValues(error.Message);
                    break;
                case FunctionCallContent call:
                    contents[i] = Mask(call);
                    break;
            }
        }
    }

    private FunctionCallContent Mask(FunctionCallContent call)
    {
        var (name, arguments) = (mask.MaskValues(call.Name),
            call.Arguments is null ? "null" : JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions));
        var masked = mask.MaskValues(arguments);
        return string.Equals(name, call.Name, StringComparison.Ordinal) && string.Equals(masked, arguments, StringComparison.Ordinal)
            ? call
            : new FunctionCallContent(call.CallId, name, JsonSerializer.Deserialize<Dictionary<string, object?>>(masked, AIJsonUtilities.DefaultOptions))
            {
                Exception = call.Exception is { } broken ? MaskedFailure.Of(broken, mask) : null,
                AdditionalProperties = call.AdditionalProperties,
            };
    }

    private string? Mask(string? text) => text is null ? null : mask.MaskValues(text);
}
