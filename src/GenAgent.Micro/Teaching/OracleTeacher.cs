using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Micro.Language;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Protocol;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Teaching;

/// <summary>Options of <see cref="OracleTeacher"/>.</summary>
public sealed record OracleTeacherOptions
{
    /// <summary>
    /// Returns the meaning of a request, including facts. If this is null or returns null, <see cref="PromptReader"/> reads the request's words.
    /// </summary>
    public Func<string, KnownRequest?>? Known { get; init; }

    /// <summary>
    /// Whether a refusal names the unknown words. False for teaching a small model, which cannot spell them.
    /// </summary>
    public bool NamesUnknownWords { get; init; } = true;

    /// <summary>Scenes to avoid if there are others; null for none.</summary>
    public Func<Scene, bool>? Avoid { get; init; }
}

/// <summary>
/// A chat client that plays the perfect agent of the miniature world, turn by turn in the agent's own protocol: it knows what the prompt asks for, plans a
/// scene, writes the dense prompt, reads the image with the verifier, judges, reflects, tries again and answers. It produces the miniature agent's training
/// data, and demonstrates the loop without a trained model. Stateless and safe to use from many tasks at once. The same conversation and seed give the same
/// turn.
/// </summary>
/// <param name="options">Its options; null for the defaults.</param>
public sealed class OracleTeacher(OracleTeacherOptions? options = null) : IChatClient
{
    private static readonly ChatClientMetadata Metadata = new("genagent", null, "oracle");
    private static readonly AgentProfile Profile = new() { Instructions = MicroInstructions.Text };
    private readonly OracleTeacherOptions _options = options ?? new();
    private readonly SceneReader _reader = new();

    /// <summary>A text on what the miniature world has, and how to connect real models.</summary>
    public static string Abilities { get; } =
        "I draw one to seven circles, squares, triangles, stars, crosses, rings, hearts or diamonds in red, orange, yellow, green, blue, purple, pink or "
        + "brown. "
        + "For more plug in real models: --agent openai:NAME@http://HOST/v1 --generator comfyui:http://HOST:8188";

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        var turn = Write([.. messages], SeedPath.FromRoot((ulong)(options?.Seed ?? 0)).Child("plan"));
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, turn))
        {
            ModelId = Metadata.DefaultModelId,
            FinishReason = ChatFinishReason.Stop,
        });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken);
        foreach (var update in response.ToChatResponseUpdates())
            yield return update;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(ChatClientMetadata)
            ? Metadata
            : serviceType == typeof(AgentProfile) ? Profile : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private string Write(List<ChatMessage> conversation, SeedPath seed)
    {
        var request = FirstLine(conversation.Find(m => m.Role == ChatRole.User)?.Text
            ?? throw new ArgumentException("The conversation has no user turn to answer.", nameof(conversation)));
        var known = _options.Known?.Invoke(request);
        if (known is { Asked: null })
            return TeacherTurns.Decline(known.Decline);
        var read = known is not null ? new ReadPrompt(known.Asked, null) : PromptReader.Read(request);
        if (read.Constraints is not { } asked)
            return Decline(read.Problem!);

        var images = conversation.SelectMany(m => m.Contents).OfType<DataContent>().Where(c => c.HasTopLevelMediaType("image")).ToList();
        var earlier = EarlierPrompts(conversation);
        if (images.Count == 0 && !conversation.Exists(m => m.Role == ChatRole.Assistant))
            return TeacherTurns.First(asked, known?.Said ?? [], ScenePlanner.First(asked, seed, _options.Avoid));
        return conversation[^1].Contents.OfType<DataContent>().Any()
            ? TeacherTurns.Judge(_reader.Read(RgbImage.Decode(images[^1])), asked, images.Count, Another)
            : TeacherTurns.Again(asked, Another());

        ScenePlan Another() => ScenePlanner.Another(asked, seed, earlier, _options.Avoid);
    }

    private string Decline(string problem) => _options.NamesUnknownWords
        ? $"<think>{problem}.</think>\n<answer>I cannot draw this: {problem}. {Abilities}</answer>"
        : TeacherTurns.Decline(DeclineReason.Thing);

    private static List<string> EarlierPrompts(List<ChatMessage> conversation)
    {
        List<string> prompts = [];
        foreach (var message in conversation.Where(m => m.Role == ChatRole.Assistant))
        {
            if (TurnParser.Parse(message.Text).Turn?.Call is { } call
                && JsonDocument.Parse(call.Arguments).RootElement.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.String)
            {
                prompts.Add(prompt.GetString()!);
            }
        }

        return prompts;
    }

    // Style and negative hints follow on lines of their own.
    private static string FirstLine(string request)
    {
        var end = request.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? request : request[..end];
    }
}
