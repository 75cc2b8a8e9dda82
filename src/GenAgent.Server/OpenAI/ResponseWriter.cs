using System.Text;

namespace GenAgent.Server.OpenAI;

/// <summary>
/// Makes the output items of an answer out of a run, and tells each change: the thoughts are the first item, open until the end; the image is the second,
/// and its drafts are partial images; the agent's words are the last.
/// </summary>
/// <param name="id">What the items' ids end with.</param>
/// <param name="tell">Is told each event; without its number.</param>
internal sealed class ResponseWriter(string id, Func<string, Dictionary<string, object>, Task> tell)
{
    /// <summary>What the ids of image calls begin with; the rest is what their response's id ends with.</summary>
    public const string ImagePrefix = "ig_";

    private readonly string _reasoningId = $"rs_{id}";
    private readonly string _imageId = $"{ImagePrefix}{id}";
    private readonly string _messageId = $"msg_{id}";
    private readonly StringBuilder _thought = new();
    private readonly List<object> _output = [];
    private int _reasoningAt = -1;
    private int _imageAt = -1;
    private int _partial;

    /// <summary>The items that are done, and those under way as they were last told.</summary>
    public IReadOnlyList<object> Output => _output;

    public async Task ThinkAsync(string text)
    {
        if (_reasoningAt < 0)
        {
            _reasoningAt = await AddAsync(new ReasoningItem(_reasoningId, "in_progress", []));
            await TellThoughtAsync("response.reasoning_summary_part.added", "part", new SummaryText(string.Empty));
        }

        _thought.Append(text);
        await TellThoughtAsync("response.reasoning_summary_text.delta", "delta", text);
    }

    public async Task CallAsync()
    {
        if (_imageAt >= 0) return;
        _imageAt = await AddAsync(new ImageCallItem(_imageId, "in_progress", null));
        await TellImageAsync("response.image_generation_call.in_progress");
        await TellImageAsync("response.image_generation_call.generating");
    }

    public async Task DraftAsync(string base64)
    {
        await CallAsync();
        await tell("response.image_generation_call.partial_image", At(_imageAt, _imageId, ("partial_image_index", _partial++), ("partial_image_b64", base64)));
    }

    /// <summary>Ends the thoughts, the image if there is one, and says the agent's words.</summary>
    public async Task EndAsync(ImageCallItem? image, string words)
    {
        if (_reasoningAt >= 0)
        {
            var thought = _thought.ToString().Trim();
            await TellThoughtAsync("response.reasoning_summary_text.done", "text", thought);
            await TellThoughtAsync("response.reasoning_summary_part.done", "part", new SummaryText(thought));
            await DoneAsync(_reasoningAt, new ReasoningItem(_reasoningId, "completed", [new(thought)]));
        }

        if (image is not null)
        {
            await CallAsync();
            await TellImageAsync("response.image_generation_call.completed");
            await DoneAsync(_imageAt, image with { Id = _imageId });
        }

        if (words.Length > 0) await SayAsync(words);
    }

    private async Task SayAsync(string words)
    {
        var at = await AddAsync(new MessageItem(_messageId, "in_progress", []));
        await tell("response.content_part.added", At(at, _messageId, ("content_index", 0), ("part", new OutputText(string.Empty))));
        await tell("response.output_text.delta", At(at, _messageId, ("content_index", 0), ("delta", words), ("logprobs", Array.Empty<string>())));
        await tell("response.output_text.done", At(at, _messageId, ("content_index", 0), ("text", words), ("logprobs", Array.Empty<string>())));
        await tell("response.content_part.done", At(at, _messageId, ("content_index", 0), ("part", new OutputText(words))));
        await DoneAsync(at, new MessageItem(_messageId, "completed", [new(words)]));
    }

    private async Task<int> AddAsync(object item)
    {
        _output.Add(item);
        await tell("response.output_item.added", new(StringComparer.Ordinal) { ["output_index"] = _output.Count - 1, ["item"] = item });
        return _output.Count - 1;
    }

    private Task DoneAsync(int at, object item)
    {
        _output[at] = item;
        return tell("response.output_item.done", new(StringComparer.Ordinal) { ["output_index"] = at, ["item"] = item });
    }

    private Task TellThoughtAsync(string type, string member, object value) =>
        tell(type, At(_reasoningAt, _reasoningId, ("summary_index", 0), (member, value)));

    private Task TellImageAsync(string type) => tell(type, At(_imageAt, _imageId));

    private static Dictionary<string, object> At(int index, string item, params (string Name, object Value)[] members)
    {
        var told = new Dictionary<string, object>(StringComparer.Ordinal) { ["output_index"] = index, ["item_id"] = item };
        foreach (var (name, value) in members) told[name] = value;
        return told;
    }
}
