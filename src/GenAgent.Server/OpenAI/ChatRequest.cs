using System.Text.Json;
using GenAgent.Server.Jobs;

namespace GenAgent.Server.OpenAI;

/// <summary>What a request of chat completions asks for, checked.</summary>
/// <param name="Order">What is to be made.</param>
/// <param name="Model">The model, as the answer names it.</param>
internal sealed record ChatRequest(JobRequest Order, string Model)
{
    private const int MostChoices = 10;

    public bool Streams { get; init; }

    /// <summary>Whether a last chunk tells the tokens of a streamed answer.</summary>
    public bool TellsUsage { get; init; }

    /// <summary>Whether images stand in the content as Markdown, which chat front ends show; else only in <c>images</c>.</summary>
    public bool WritesMarkdown { get; init; }

    public static ChatRequest Read(RequestFields fields, ServedModels models)
    {
        var asked = LastUserMessage.Read("messages", fields.Element("messages") ?? throw OpenAIException.Missing("messages"));
        if (fields.Element("response_format") is { ValueKind: JsonValueKind.Object } format && RequestFields.Of(format).Text("type") is not (null or "text"))
        {
            throw OpenAIException.Unsupported("response_format", "This model answers with an image, and cannot answer in JSON.");
        }

        if (fields.Element("tool_choice") is { } choice && (choice.ValueKind == JsonValueKind.Object || choice.ValueEquals("required")))
        {
            throw OpenAIException.Unsupported("tool_choice", "This model calls no tools of the caller's.");
        }

        var streams = fields.Truth("stream") ?? false;
        var count = (int)(fields.Integer("n", 1, MostChoices) ?? 1);
        var model = models.Choose(fields);
        return new(
            new JobRequest(asked.Text)
            {
                Images = asked.Images,
                Count = count,
                Seed = fields.Integer("seed", 0, long.MaxValue),
                Agent = model.Agent,
                Generator = model.Generator
            },
            fields.Text("model") ?? ServedModels.Default)
        {
            Streams = streams,
            TellsUsage = fields.Element("stream_options") is { ValueKind: JsonValueKind.Object } options
                && RequestFields.Of(options).Truth("include_usage") == true,
            WritesMarkdown = fields.Element("modalities") is not { ValueKind: JsonValueKind.Array } modalities
                || !modalities.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals("image")),
        };
    }
}
