using System.Runtime.CompilerServices;
using System.Text.Json;
using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// A chat client that plays the perfect agent of the miniature world, turn by turn in the agent's own protocol: it knows what the prompt
/// asks for, plans a scene, writes the dense prompt, looks at the image with the verifier's eyes, judges, reflects, tries again and answers.
/// It writes the data that the miniature agent learns from, and shows the loop where no trained model is at hand.
/// Safe to use from many tasks at once; it keeps nothing between turns. The same conversation and seed give the same turn.
/// </summary>
/// <param name="constraints">What a prompt asks for; null to read it from the prompt's own words with <see cref="PromptReader"/>.</param>
public sealed class OracleTeacher(Func<string, PromptConstraints?>? constraints = null) : IChatClient
{
    private static readonly ChatClientMetadata Metadata = new("genagent", null, "oracle");
    private readonly SceneReader _reader = new();

    /// <summary>What the miniature world has, and where to turn for more, in words.</summary>
    public static string Abilities { get; } =
        $"In this little world I can draw 1 to {World.MaxObjects} shapes ({string.Join(", ", World.Classes.Select(WorldWords.Plural))}) "
        + $"in {string.Join(", ", World.Colors.Select(WorldWords.Name))}, larger or smaller, left or right of, above or below each other. "
        + "For everything else plug in real models, for instance --agent openai:NAME@http://HOST/v1 --generator comfyui:http://HOST:8188.";

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        var turn = Write([.. messages], SeedPath.FromRoot((ulong)(options?.Seed ?? 0)));
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
        return serviceType == typeof(ChatClientMetadata) ? Metadata : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private string Write(List<ChatMessage> conversation, SeedPath seed)
    {
        var request = conversation.Find(m => m.Role == ChatRole.User)?.Text
            ?? throw new ArgumentException("The conversation has no user turn to answer.", nameof(conversation));
        var read = constraints?.Invoke(request) is { } known ? new ReadPrompt(known, null) : PromptReader.Read(FirstLine(request));
        if (read.Constraints is null)
            return $"<think>{read.Problem}; I cannot draw that.</think>\n<answer>I cannot draw this: {read.Problem}. {Abilities}</answer>";

        var images = conversation.SelectMany(m => m.Contents).OfType<DataContent>().Where(c => c.HasTopLevelMediaType("image")).ToList();
        if (images.Count == 0) return $"<think>{Plan(read.Constraints)}</think>\n{Call(read.Constraints, seed)}";
        if (!conversation[^1].Contents.OfType<DataContent>().Any())
            return $"<think>The last call brought no image. I try again with another arrangement.</think>\n{Call(read.Constraints, seed)}";

        var reading = _reader.Read(RgbImage.Decode(images[^1]));
        var verdict = ConstraintVerifier.Verify(reading, read.Constraints);
        var judge = $"<judge>I see {TurnWords.Describe(reading)}. Asked for: {TurnWords.Describe(read.Constraints)}. {verdict.Reason}\n"
            + $"verdict: {(verdict.Passed ? "pass" : "fail")}</judge>\n";
        return judge + (verdict.Passed
            ? $"<answer>image {images.Count}</answer>"
            : $"<think>{TurnWords.Reflect(verdict)}</think>\n{Call(read.Constraints, seed)}");
    }

    private static string Plan(PromptConstraints asked) =>
        $"The image needs {TurnWords.Describe(asked)}, and nothing else. I give every object its size, colour and place, so that nothing is left to chance.";

    private static string Call(PromptConstraints asked, SeedPath seed)
    {
        var caption = OracleRewriter.Rewrite(asked, seed.Child("caption"));
        return $"<tool_call>\n{{\"name\": \"generate_image\", \"arguments\": {{\"prompt\": {JsonSerializer.Serialize(caption)}}}}}\n</tool_call>";
    }

    // Style and negative hints follow on lines of their own.
    private static string FirstLine(string request)
    {
        var end = request.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? request : request[..end];
    }
}
