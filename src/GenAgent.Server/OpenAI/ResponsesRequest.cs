using System.Text.Json;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>What a request of the Responses API asks for, checked.</summary>
/// <param name="Order">What is to be made.</param>
/// <param name="Model">The model, as the answer names it.</param>
internal sealed record ResponsesRequest(JobRequest Order, string Model)
{
    private static readonly string[] Actions = ["auto", "generate", "edit"];

    public bool Streams { get; init; }

    public int PartialImages { get; init; }

    public required ImageFormat Format { get; init; }

    public required int Compression { get; init; }

    /// <summary>What the request said, to be said again in the answer.</summary>
    public required ResponseEcho Echo { get; init; }

    public static ResponsesRequest Read(RequestFields fields, ServedModels models)
    {
        RefuseWhatNeedsMemory(fields);
        var asked = Input(fields);
        var tool = Tool(fields);
        if (tool?.Choice("action", Actions) is "edit" && asked.Images.Count == 0)
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
            fields.Text("model") ?? ServedModels.Default)
        {
            Streams = fields.Truth("stream") ?? false,
            PartialImages = (int)(tool?.Integer("partial_images", 0, 3) ?? 0),
            Format = ImageFormat.Find(tool?.Choice("output_format", ImageFormat.Names) ?? "png"),
            Compression = (int)(tool?.Integer("output_compression", 0, 100) ?? 100),
            Echo = ResponseEcho.Of(fields),
        };
    }

    // Each request stands for itself: nothing of an answer is kept under its id.
    private static void RefuseWhatNeedsMemory(RequestFields fields)
    {
        foreach (var name in (string[])["previous_response_id", "conversation", "prompt"])
        {
            if (fields.Element(name) is not null)
            {
                throw OpenAIException.Unsupported(
                    name, $"Unsupported parameter: '{name}'. This server keeps no responses: send the messages and images in 'input'.");
            }
        }

        if (fields.Truth("background") == true)
        {
            throw OpenAIException.Unsupported(
                "background", "Unsupported parameter: 'background'. Use POST /api/jobs for work that goes on without a connection.");
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
