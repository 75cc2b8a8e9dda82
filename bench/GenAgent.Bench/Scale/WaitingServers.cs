using System.Globalization;
using Microsoft.Extensions.AI;

namespace GenAgent.Bench.Scale;

/// <summary>A chat model with so many places that takes the scenario's time for a turn, and asks for as many images as the prompt's first word says.</summary>
internal sealed class WaitingModel(ScaleScenario scenario) : IChatClient
{
    private readonly SemaphoreSlim _places = new(scenario.ChatGpus * scenario.Sequences);

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            var asked = messages.Where(message => message.Role == ChatRole.User).ToList();
            var made = asked.Sum(message => message.Contents.OfType<DataContent>().Count());
            await Task.Delay(TimeSpan.FromSeconds(scenario.TurnSeconds(made, isCached: true)), cancellationToken);
            var wanted = int.Parse(asked[0].Text.Split(' ')[0], CultureInfo.InvariantCulture);
            var judgment = made == 0 ? string.Empty : $"<judge>seen\nverdict: {(made < wanted ? "fail" : "pass")}</judge>";
            return new(new ChatMessage(ChatRole.Assistant, made < wanted
                ? judgment + """<think>go on</think><tool_call>{"name": "generate_image", "arguments": {"prompt": "a circle"}}</tool_call>"""
                : $"{judgment}<answer>image {made}</answer>"));
        }
        finally
        {
            _places.Release();
        }
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The check watches no run.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() => _places.Dispose();
}

/// <summary>An image generator with so many places that takes the scenario's time for an image of one pixel.</summary>
internal sealed class WaitingPainter(ScaleScenario scenario) : IImageGenerator
{
    private static readonly byte[] Pixel = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private readonly SemaphoreSlim _places = new(scenario.ImageGpus);

    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(scenario.ImageSeconds), cancellationToken);
            return new([new DataContent(Pixel, "image/png")]);
        }
        finally
        {
            _places.Release();
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() => _places.Dispose();
}
