using System.Globalization;
using System.Text.RegularExpressions;
using GenAgent.Generators;
using GenAgent.Judging;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Training.Synthesis;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Training.Tests.Synthesis;

/// <summary>A world that is smaller still: prompts ask for a colour, the generator paints the colour that its prompt ends with, half of the time.</summary>
internal static partial class SynthesisWorld
{
    public static readonly string[] Colors = ["red", "green", "blue"];

    public static Synthesizer Synthesizer(SynthesisOptions options, IImageGenerator? generator = null) =>
        new(new Teacher(), generator ?? new Painter(), new Judge(), new Prompts(), options, "painter");

    private static string ColorOf(DataContent image)
    {
        using var bitmap = SKBitmap.Decode(image.Data.ToArray());
        var pixel = bitmap.GetPixel(0, 0);
        return pixel.Red > 128 ? "red" : pixel.Green > 128 ? "green" : "blue";
    }

    [GeneratedRegex("red|green|blue", RegexOptions.None, 1000)]
    private static partial Regex ColorWord();

    public sealed class Prompts : ISynthesisPrompts
    {
        public string Name => "colors";

        public SynthesisPrompt Draw(long index, SeedPath seed) =>
            new($"p{index}", Colors[index % 2], string.Create(CultureInfo.InvariantCulture, $"picture {index} in {Colors[seed.Value % 3]}"));
    }

    public sealed class Teacher : ITeacher
    {
        public string Name => "teacher";

        public IChatClient Begin(SynthesisPrompt prompt) => new Script();

        private sealed class Script : IChatClient
        {
            public Task<ChatResponse> GetResponseAsync(
                IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
            {
                List<ChatMessage> all = [.. messages];
                var asked = ColorWord().Match(all.Find(m => m.Role == ChatRole.User)!.Text).Value;
                var images = all.SelectMany(m => m.Contents).OfType<DataContent>().ToList();
                var call = TurnText.GenerateImage($"a plain {asked}");
                var turn = images.Count == 0 || !all[^1].Contents.OfType<DataContent>().Any() ? new AgentTurn(null, "a plan", call, null)
                    : ColorOf(images[^1]) == asked ? new AgentTurn(new("right", Verdict.Pass), null, null, $"image {images.Count}")
                    : new AgentTurn(new("wrong", Verdict.Fail), "another plan", call, null);
                return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, TurnText.Write(turn))));
            }

            public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
                IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
                throw new NotSupportedException();

            public object? GetService(Type serviceType, object? serviceKey = null) => null;

            public void Dispose()
            {
            }
        }
    }

    public sealed class Painter : IImageGenerator
    {
        public int FailAfter { get; init; } = int.MaxValue;

        /// <summary>What every call ends with; null for an image.</summary>
        public Exception? Failure { get; init; }

        private int _calls;

        public Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            if (Failure is not null) throw Failure;
            if (Interlocked.Increment(ref _calls) > FailAfter)
                throw new InvalidOperationException("out of memory");
            var seed = options.GetSeed() ?? 0;
            var said = ColorWord().Matches(request.Prompt ?? string.Empty).Select(m => m.Value).LastOrDefault();
            var color = said is null || seed % 2 == 0 ? Colors[seed / 2 % 3] : said;
            using var bitmap = new SKBitmap(16, 16);
            bitmap.Erase(color switch { "red" => SKColors.Red, "green" => SKColors.Lime, _ => SKColors.Blue });
            using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            return Task.FromResult(new ImageGenerationResponse([new DataContent(data.ToArray(), "image/png").WithSeed(seed)]));
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    public sealed class Judge : IJudge
    {
        public string Name => "judge/1";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
        {
            var passed = request.Prompt.EndsWith(ColorOf(request.Image), StringComparison.Ordinal);
            return ValueTask.FromResult<Judgment>(new Score(Name, passed ? 1 : 0, passed, "seen"));
        }
    }
}
