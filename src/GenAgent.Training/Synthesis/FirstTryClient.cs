using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>Makes a teacher's first turn worse; all later turns are the teacher's own.</summary>
internal sealed class FirstTryClient(IChatClient inner, FirstTry firstTry, string request, SeedPath seed) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatMessage> conversation = [.. messages];
        var response = await base.GetResponseAsync(conversation, options, cancellationToken);
        if (firstTry == FirstTry.Planned || conversation.Exists(m => m.Role == ChatRole.Assistant))
            return response;
        return TurnParser.Parse(response.Text, afterImage: false).Turn is { Call: { } call } turn && PromptOf(call) is { } prompt
            ? Replace(response, Write(turn, prompt))
            : response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken);
        foreach (var update in response.ToChatResponseUpdates())
            yield return update;
    }

    private static ChatResponse Replace(ChatResponse response, string text) => new(new ChatMessage(ChatRole.Assistant, text))
    {
        ModelId = response.ModelId,
        FinishReason = response.FinishReason,
        Usage = response.Usage,
    };

    private static string? PromptOf(ToolCall call)
    {
        using var arguments = JsonDocument.Parse(call.Arguments);
        return arguments.RootElement.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.String ? prompt.GetString() : null;
    }

    private string Write(AgentTurn turn, string prompt) => firstTry switch
    {
        FirstTry.OwnWords => TurnText.Write(turn with { Thought = "I pass the words on.", Call = TurnText.GenerateImage(request) }),
        FirstTry.LostAttribute => TurnText.Write(turn with { Call = TurnText.GenerateImage(PromptWeakening.Lose(prompt, seed)) }),
        FirstTry.WrongAttribute => TurnText.Write(turn with { Call = TurnText.GenerateImage(PromptWeakening.Spoil(prompt, seed)) }),
        _ => Fail(turn),
    };

    private string Fail(AgentTurn turn) => (seed.Child("fault").Value % 3) switch
    {
        0 => TurnText.Write(turn with { Call = turn.Call! with { Name = "draw_image" } }),
        1 =>
            TurnText.Write(
                turn with { Call = turn.Call! with { Arguments = turn.Call.Arguments.Replace("\"prompt\"", "\"text\"", StringComparison.Ordinal) } }),
        _ => $"<think>{turn.Thought}</think>",
    };
}
