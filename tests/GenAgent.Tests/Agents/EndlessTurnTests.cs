using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Agents;

/// <summary>A server that never ends its turn costs no memory: some limit ends it, and is named.</summary>
public sealed class EndlessTurnTests
{
    [Fact]
    public async Task Endless_empty_pieces_end_the_turn() =>
        await EndsAsync(new EndlessModel(() => new ChatResponseUpdate(ChatRole.Assistant, [])), "pieces (Agent:MaxTurnCharacters)");

    [Fact]
    public async Task Endless_empty_text_ends_the_turn() =>
        await EndsAsync(new EndlessModel(() => new ChatResponseUpdate(ChatRole.Assistant, string.Empty)), "pieces (Agent:MaxTurnCharacters)");

    [Fact]
    public async Task Endless_reasoning_ends_the_turn() =>
        await EndsAsync(
            new EndlessModel(() => new ChatResponseUpdate(ChatRole.Assistant, [new TextReasoningContent(new string('x', 300))])),
            "characters (Agent:MaxTurnCharacters)");

    private static async Task EndsAsync(EndlessModel model, string limit)
    {
        var options = new ImageAgentOptions { MaxTurnCharacters = 2000, Faults = new() { BrokenTurns = 0 } };
        var agent = new ImageAgent(model, new SeededGenerator(), options);

        var failure = await Should.ThrowAsync<NoImageException>(async () =>
        {
            await foreach (var _ in agent.RunStreamingAsync(new AgentRequest("a cat"), TestContext.Current.CancellationToken))
            {
            }
        });

        failure.StopReason.ShouldBe(StopReason.BrokenTurns);
        failure.Message.ShouldContain(limit);
        model.Sent.ShouldBeLessThan(2100);
        failure.Trajectory.Rounds.ShouldHaveSingleItem();
    }

    private sealed class EndlessModel(Func<ChatResponseUpdate> next) : IChatClient
    {
        public int Sent { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (true)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                Sent++;
                yield return next();
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
