using System.Text;
using System.Text.Json;

namespace GenAgent.Server.Protocols;

/// <summary>Reads the events of one sample, as the event contract writes them, into what other protocols tell of it.</summary>
/// <param name="sample">Which of the job's samples.</param>
/// <param name="rounds">How many rounds with an image the agent may take, for its progress.</param>
internal sealed class RunReader(int sample, int rounds)
{
    private const double PreviewsFrom = 0.5;

    private readonly Dictionary<string, RunImage> _images = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _verdicts = new(StringComparer.Ordinal);
    private readonly StringBuilder _streamed = new();
    private string? _last;
    private string? _answer;
    private string? _trajectory;
    private int _shown;
    private double _fraction;
    private bool _previewed;

    /// <summary>Whether the sample is over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What an event tells; nothing for an event that no other protocol knows.</summary>
    public IEnumerable<RunUpdate> Read(string kind, JsonElement happened)
    {
        _trajectory = Text(happened, "trajectory") ?? _trajectory;
        return kind switch
        {
            "run_started" => Begin(),
            "text" when Text(happened, "section") is "judgment" or "thought" => [Stream(Text(happened, "text") ?? string.Empty)],
            "judgment" => End(Text(happened, "text"), Text(happened, "verdict")),
            "thought" => End(Text(happened, "text"), verdict: null),
            "call" => Call(),
            "progress" => Progress(happened),
            "attempt" => Attempt(happened),
            "answer" => Answer(happened),
            "run_completed" => Complete(happened),
            _ => [],
        };
    }

    /// <summary>Ends a sample without an event that told its end: one that made no image, or whose process died at the end.</summary>
    /// <param name="image">The id of its image; null for none.</param>
    /// <param name="why">What the job says of it; null for nothing.</param>
    public SampleUpdate Close(string? image, string? why)
    {
        IsOver = true;
        return image is not null && _images.TryGetValue(image, out var known)
            ? new(sample, known, _answer, default, null) { Trajectory = _trajectory, Passed = PassedOf(image) }
            : new(sample, null, _answer, default, why ?? "the run made no image.") { Trajectory = _trajectory, Declined = _answer is not null && _shown == 0 };
    }

    // A run begins again where the process died that had it.
    private RunUpdate[] Begin()
    {
        (_shown, _last, _answer, _previewed) = (0, null, null, false);
        _streamed.Clear();
        return [];
    }

    private ThoughtUpdate Stream(string piece)
    {
        _streamed.Append(piece);
        return new(sample, piece);
    }

    // The whole text follows the pieces that it streamed in, and stands for them where they were left out.
    private IEnumerable<RunUpdate> End(string? text, string? verdict)
    {
        if (verdict is not null && _last is not null) _verdicts[_last] = string.Equals(verdict, "pass", StringComparison.Ordinal);
        var streamed = _streamed.Length > 0;
        _streamed.Clear();
        if (streamed) yield return new ThoughtUpdate(sample, "\n\n");
        else if (!string.IsNullOrWhiteSpace(text)) yield return new ThoughtUpdate(sample, $"{text}\n\n");
    }

    private RunUpdate[] Call()
    {
        _previewed = false;
        return [new CallUpdate(sample)];
    }

    private IEnumerable<RunUpdate> Progress(JsonElement happened)
    {
        if (!happened.TryGetProperty("fraction", out var part) || part.ValueKind != JsonValueKind.Number || !part.TryGetDouble(out var fraction)) yield break;
        yield return new ProgressUpdate(
            sample, Advance(_shown + fraction), Text(happened, "stage") ?? "sampling", Number(happened, "step"), Number(happened, "steps"));

        // Before that it shows noise.
        if (_previewed || fraction < PreviewsFrom || Text(happened, "preview") is null) yield break;
        _previewed = true;
        yield return new PreviewUpdate(sample);
    }

    private RunUpdate[] Attempt(JsonElement happened)
    {
        if (ImageOf(happened, Text(happened, "prompt") is { Length: > 0 } prompt ? prompt : null) is not { } image) return [];
        _images[image.Id] = image;
        _last = image.Id;
        _shown++;
        return [new ImageUpdate(sample, image), new ProgressUpdate(sample, Advance(_shown), "judging", null, null)];
    }

    private RunUpdate[] Answer(JsonElement happened)
    {
        _answer = Text(happened, "text");
        return [];
    }

    private RunUpdate[] Complete(JsonElement happened)
    {
        if (ImageOf(happened, prompt: null) is not { } image) return [];
        IsOver = true;
        var tokens = happened.TryGetProperty("tokens", out var told) ? new RunTokens(Number(told, "input") ?? 0, Number(told, "output") ?? 0) : default;
        return [new SampleUpdate(
            sample,
            image with { Prompt = _images.GetValueOrDefault(image.Id)?.Prompt },
            _answer,
            tokens,
            null) { Trajectory = _trajectory, Passed = PassedOf(image.Id) }];
    }

    private bool? PassedOf(string image) => _verdicts.TryGetValue(image, out var passed) ? passed : null;

    private double Advance(double shown) => _fraction = Math.Max(_fraction, Math.Min(0.99, shown / (rounds + 1)));

    private static RunImage? ImageOf(JsonElement happened, string? prompt) =>
        happened.TryGetProperty("image", out var image) && image.ValueKind == JsonValueKind.Object && Text(image, "id") is { } id
            ? new(id, Text(image, "media_type") ?? "image/png", Number(image, "width") ?? 0, Number(image, "height") ?? 0, Long(image, "seed"), prompt)
            : null;

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Long(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static int? Number(JsonElement of, string name) => Long(of, name) is { } number ? (int)number : null;
}
