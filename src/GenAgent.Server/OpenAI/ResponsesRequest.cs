using System.Text.Json;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>What a request of the Responses API asks for, checked.</summary>
/// <param name="Order">What is to be made.</param>
/// <param name="Stored">What the job keeps of the request.</param>
internal sealed record ResponsesRequest(JobRequest Order, StoredResponse Stored)
{
    private static readonly string[] Actions = ["auto", "generate", "edit"];

    public bool Streams { get; init; }

    /// <summary>The id of an earlier image call that the input holds; null for none.</summary>
    public string? EarlierCall { get; init; }

    public static ResponsesRequest Read(RequestFields fields, ServedModels models)
    {
        RefuseWhatIsNotKept(fields);
        var asked = Input(fields);
        var tool = Tool(fields);
        var previous = fields.Text("previous_response_id");
        if (tool?.Choice("action", Actions) is "edit" && asked is { Images.Count: 0, EarlierCall: null } && previous is null)
        {
            throw OpenAIException.Invalid("tools", "invalid_value", "The image generation tool is to edit, but the last user message has no image.");
        }

        if (tool?.Element("input_image_mask") is not null)
        {
            throw OpenAIException.Unsupported("tools", "Masks are not supported by this server: describe in the input which part of the image should change.");
        }
        if (tool?.Text("background") is "transparent")
        {
            throw OpenAIException.Unsupported("tools", "Transparent backgrounds are not supported by this server's generators. Use 'opaque' or 'auto'.");
        }
        var model = models.Choose(fields);
        return new(
            new JobRequest(asked.Text)
            {
                Images = asked.Images,
                Size = tool is null ? null : ImagesRequest.Size(tool),
                Seed = fields.Integer("seed", 0, long.MaxValue),
                Agent = model.Agent,
                Generator = model.Generator
            },
            new StoredResponse(
                fields.Text("model") ?? ServedModels.Default,
                tool?.Choice("output_format", ImageFormat.Names) ?? ImageFormat.Png.Name,
                (int)(tool?.Integer("output_compression", 0, 100) ?? 100),
                (int)(tool?.Integer("partial_images", 0, 3) ?? 0),
                IsBackground: fields.Truth("background") ?? false,
                IsKept: fields.Truth("store") ?? true,
                previous,
                ResponseEcho.Of(fields)))
        {
            Streams = fields.Truth("stream") ?? false,
            EarlierCall = asked.EarlierCall,
        };
    }

    private static void RefuseWhatIsNotKept(RequestFields fields)
    {
        foreach (var name in (string[])["conversation", "prompt"])
        {
            if (fields.Element(name) is not null)
            {
                throw OpenAIException.Unsupported(
                    name, $"Unsupported parameter: '{name}'. Go on from a response by 'previous_response_id', or send messages and images in 'input'.");
            }
        }

        if (fields.Truth("background") == true && fields.Truth("store") == false)
        {
            throw OpenAIException.Invalid("store", "invalid_value", "'background': true needs a response that is kept: leave out 'store': false.");
        }
    }

    private static LastUserMessage Input(RequestFields fields) => fields.Element("input") switch
    {
        null => throw OpenAIException.Missing("input"),
        { ValueKind: JsonValueKind.String } text when string.IsNullOrWhiteSpace(text.GetString()) => throw OpenAIException.Missing("input"),
        { ValueKind: JsonValueKind.String } text => new(text.GetString()!, []),
        { } messages => LastUserMessage.Read("input", messages),
    };

    private static RequestFields? Tool(RequestFields fields)
    {
        if (fields.Element("tools") is not { } tools) return null;
        if (tools.ValueKind != JsonValueKind.Array) throw OpenAIException.WrongType("tools", "an array of tools", RequestFields.InWords(tools));
        foreach (var tool in tools.EnumerateArray())
        {
            if (tool.ValueKind != JsonValueKind.Object)
            {
                throw OpenAIException.WrongType("tools", "an array of tools", $"an array with {RequestFields.InWords(tool)}");
            }
            if (RequestFields.Of(tool) is var read && read.Text("type") is "image_generation") return read;
        }

        return null;
    }
}
