using System.Text;
using System.Text.Json;
using GenAgent.Protocol;
using GenAgent.Storage;

namespace GenAgent.Trajectories.Exchange;

/// <summary>Reads one record of a ShareGPT file, and rejects what it does not understand with a message that names it.</summary>
internal sealed class ShareGptRecordReader(ShareGptLayout layout, JsonElement record)
{
    private static readonly string[] LearnedTags = ["weight", "loss", "train"];

    private readonly List<string> _placed = [];
    private readonly Queue<string> _images = new();
    private readonly List<ShareGptMessage> _turns = [];
    private string? _system;
    private int _placeholders;
    private int _given;

    /// <summary>The record.</summary>
    /// <exception cref="InvalidDataException">It is no conversation; the message names the turn and says why.</exception>
    public ShareGptConversation Read()
    {
        if (record.ValueKind == JsonValueKind.Null) throw new InvalidDataException("The record is null.");
        if (record.ValueKind != JsonValueKind.Object) throw new InvalidDataException("The record is no JSON object.");
        if (Find(record, ["genagent"]) is { } whole) return new ShareGptConversation(System: null, [], [], Text(whole, "genagent"));
        _system = Find(record, layout.System) is { } system ? Text(system, layout.System[0]) : null;
        if (_system?.Length == 0) _system = null;
        RefuseMedia("videos");
        RefuseMedia("audios");
        if (Find(record, layout.Images) is { } images) AddImages(images);
        var messages = Find(record, layout.Messages) ?? throw new InvalidDataException(
            $"There is no {string.Join(" and no ", layout.Messages.Select(name => $"\"{name}\""))}"
                + $"{(record.TryGetProperty("instruction", out _) ? ": this is the alpaca layout, which is not read" : string.Empty)}.");
        if (messages.ValueKind != JsonValueKind.Array) throw new InvalidDataException("The turns are no list.");
        var number = 0;
        foreach (var message in messages.EnumerateArray())
        {
            number++;
            try
            {
                Add(message, isFirst: number == 1);
            }
            catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException or JsonException)
            {
                throw new InvalidDataException($"Turn {number}: {broken.Message}", broken);
            }
        }

        if (_turns.Count == 0) throw new InvalidDataException("The conversation does not begin with a turn of \"human\" (or \"user\"): it is empty.");
        if (_images.Count > 0)
            throw new InvalidDataException($"The texts have {_placeholders} placeholders {ShareGptTurn.ImagePlaceholder}, but there are {_given} images.");
        if (Find(record, layout.Tools) is { } tools) AddTools(tools);
        return new ShareGptConversation(_system, _turns, _placed);
    }

    private void Add(JsonElement message, bool isFirst)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"It is {(message.ValueKind == JsonValueKind.Null ? "null" : "no JSON object")}.");
        }
        var written = Text(
            Find(message, layout.RoleTag) ?? throw new InvalidDataException($"It has no \"{string.Join("\" or \"", layout.RoleTag)}\"."), layout.RoleTag[0]);
        var role = layout.RoleOf(written);
        var calls = Find(message, ["tool_calls"]) is { } some && (some.ValueKind != JsonValueKind.Array || some.GetArrayLength() > 0)
            ? some
            : (JsonElement?)null;
        var (text, images) = Content(message, role, mayLack: calls is not null);
        switch (role)
        {
            case ShareGptRole.System when isFirst:
                _system = text;
                return;
            case ShareGptRole.System:
                throw new InvalidDataException($"A turn of \"{written}\" can only be the first.");
            case ShareGptRole.User or ShareGptRole.Observation:
                AddUser(text, images, written, role == ShareGptRole.Observation);
                return;
            default:
                AddModel(message, text, written, role == ShareGptRole.FunctionCall, calls);
                return;
        }
    }

    private void AddUser(string text, List<string?> images, string role, bool isObservation)
    {
        var told = isObservation && !text.TrimStart().StartsWith(ProtocolTag.ToolResponseOpen, StringComparison.Ordinal) ? ToolResponse.ShowText(text) : text;
        if (_turns is [.., { IsModel: false } last])
        {
            // Several results of one turn's calls are shown together.
            if (!isObservation || layout.RoleOf(last.Role) != ShareGptRole.Observation)
                throw new InvalidDataException("Two turns of the user follow each other: join them, or put the model's turn between them.");
            _turns[^1] = last with { Text = $"{last.Text}\n{told}", Written = $"{last.Written}\n{text}" };
            Place(images);
            return;
        }

        Place(images);
        _turns.Add(new ShareGptMessage(IsModel: false, told, role, text));
    }

    private void AddModel(JsonElement message, string text, string role, bool isCall, JsonElement? calls)
    {
        if (_turns.Count == 0) throw new InvalidDataException($"The conversation does not begin with a turn of \"human\" (or \"user\"), but with \"{role}\".");
        if (_turns[^1].IsModel) throw new InvalidDataException("Two turns of the model follow each other: join them, or put the user's turn between them.");
        if (text.Contains(ShareGptTurn.ImagePlaceholder, StringComparison.Ordinal))
            throw new InvalidDataException($"A turn of the model holds {ShareGptTurn.ImagePlaceholder}, but the model writes text alone.");
        var told = isCall ? ShareGptCalls.OfText(text) : text;
        if (calls is { } called) told = told.Length > 0 ? $"{told}\n{ShareGptCalls.Of(called)}" : ShareGptCalls.Of(called);
        _turns.Add(new ShareGptMessage(IsModel: true, told, role, calls is null ? text : told) { Learned = IsLearned(message) });
    }

    // OpenAI's "weight" of 0 and 1, ms-swift's "loss" and axolotl's "train".
    private static bool IsLearned(JsonElement message)
    {
        foreach (var name in LearnedTags)
        {
            if (Find(message, [name]) is not { } said) continue;
            return said.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number when said.GetDouble() is var weight and (0 or 1) => weight == 1,
                _ => throw new InvalidDataException($"Its \"{name}\" is {said.GetRawText()}, but must be true or false, 1 or 0."),
            };
        }

        return true;
    }

    // The text, and for each placeholder the image that the turn names; null for the next of the record's images.
    private (string Text, List<string?> Images) Content(JsonElement message, ShareGptRole role, bool mayLack)
    {
        var name = $"\"{string.Join("\" or \"", layout.ContentTag)}\"";
        if (Find(message, layout.ContentTag) is not { } content) return mayLack ? (string.Empty, []) : throw new InvalidDataException($"It has no {name}.");
        if (content.ValueKind == JsonValueKind.String) return Plain(JsonText.StringOf(content));
        if (role == ShareGptRole.FunctionCall && content.ValueKind is JsonValueKind.Object or JsonValueKind.Array) return (content.GetRawText(), []);
        if (content.ValueKind != JsonValueKind.Array) throw new InvalidDataException($"Its {name} is no text.");
        var (text, images) = (new StringBuilder(), new List<string?>());
        foreach (var part in content.EnumerateArray())
        {
            var (words, own) = Part(part);
            text.Append(words);
            images.AddRange(own);
        }

        return (text.ToString(), images);
    }

    // Parts as in OpenAI's and transformers' messages.
    private static (string Text, List<string?> Images) Part(JsonElement part)
    {
        if (part.ValueKind == JsonValueKind.String) return Plain(JsonText.StringOf(part));
        var type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var named)
            ? Text(named, "type")
            : throw new InvalidDataException("A part has no \"type\".");
        return type switch
        {
            "text" => Plain(Text(Find(part, ["text"]) ?? throw new InvalidDataException("A part of type \"text\" has no \"text\"."), "text")),
            "image" or "image_url" => (ShareGptTurn.ImagePlaceholder, [Find(part, ["image", "image_url", "url", "path"]) is { } own ? ImageOf(own) : null]),
            _ => throw new InvalidDataException($"A part is of type \"{type}\"; only text and image are read."),
        };
    }

    private static (string Text, List<string?> Images) Plain(string text) =>
        (text, [.. Enumerable.Repeat<string?>(null, text.Split(ShareGptTurn.ImagePlaceholder).Length - 1)]);

    private void Place(List<string?> images)
    {
        foreach (var image in images)
        {
            _placeholders += image is null ? 1 : 0;
            _placed.Add(image ?? (_images.TryDequeue(out var next)
                ? next
                : throw new InvalidDataException($"There are more placeholders {ShareGptTurn.ImagePlaceholder} than the {_given} images.")));
        }
    }

    private void AddImages(JsonElement images)
    {
        foreach (var image in images.ValueKind == JsonValueKind.Array ? [.. images.EnumerateArray()] : (JsonElement[])[images])
        {
            _images.Enqueue(ImageOf(image));
            _given++;
        }
    }

    // A path, or an object with one, as Hugging Face data sets and OpenAI's messages have it.
    private static string ImageOf(JsonElement image) => image.ValueKind switch
    {
        JsonValueKind.String => JsonText.StringOf(image),
        JsonValueKind.Object when Find(image, ["path", "url"]) is { ValueKind: JsonValueKind.String } path => path.GetString()!,
        _ => throw new InvalidDataException("An image is no path, nor an object with a \"path\"."),
    };

    private void RefuseMedia(string name)
    {
        if (Find(record, [name]) is { } media && (media.ValueKind != JsonValueKind.Array || media.GetArrayLength() > 0))
            throw new InvalidDataException($"The record has \"{name}\"; only images are read.");
    }

    // Formats tools like Qwen2.5's chat template and LLaMA-Factory.
    private void AddTools(JsonElement tools)
    {
        if (tools.ValueKind == JsonValueKind.String)
        {
            if (string.IsNullOrWhiteSpace(JsonText.StringOf(tools))) return;
            using var inner = JsonDocument.Parse(JsonText.StringOf(tools));
            AddTools(inner.RootElement);
            return;
        }

        if (tools.ValueKind != JsonValueKind.Array) throw new InvalidDataException("The \"tools\" are no list.");
        if (tools.GetArrayLength() > 0) _system = SystemTurn.Render(_system ?? SystemTurn.QwenDefault, tools.EnumerateArray());
    }

    private static JsonElement? Find(JsonElement json, string[] names)
    {
        foreach (var name in names)
        {
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null) return value;
        }

        return null;
    }

    private static string Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.String ? JsonText.StringOf(json) : throw new InvalidDataException($"\"{name}\" is no text.");
}
