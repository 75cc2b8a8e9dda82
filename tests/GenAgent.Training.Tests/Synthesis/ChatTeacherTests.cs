using GenAgent.Agents;
using GenAgent.Training.Synthesis;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Tests.Synthesis;

public sealed class ChatTeacherTests
{
    [Fact]
    public async Task The_hint_reaches_the_teacher_and_never_the_trajectory()
    {
        using var model = new Listening();
        var prompt = new SynthesisPrompt("p", "c", "a picture in red")
        {
            Checklist = ["everything is red"],
            Reference = new(new byte[] { 1, 2, 3 }, "image/png")
        };
        using var client = new ChatTeacher(model).Begin(prompt);
        using var painter = new SynthesisWorld.Painter();
        var agent = new ImageAgent(client, painter);

        var result = await agent.RolloutAsync(prompt.Text, TestContext.Current.CancellationToken);

        string.Join(' ', model.Heard.Select(m => m.Text)).ShouldContain("everything is red");
        model.Heard.SelectMany(m => m.Contents).OfType<DataContent>().ShouldHaveSingleItem();
        var written = System.Text.Encoding.UTF8.GetString(Trajectories.TrajectoryJson.Write(result.Trajectory).Span);
        written.ShouldNotContain("everything is red");
        written.ShouldNotContain("Private");
    }

    private sealed class Listening : IChatClient
    {
        public IReadOnlyList<ChatMessage> Heard { get; private set; } = [];

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Heard = [.. messages];
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "<answer>no</answer>")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
