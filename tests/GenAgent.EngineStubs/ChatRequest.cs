using System.Text.Json.Nodes;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.EngineStubs;

/// <summary>A chat request of OpenAI's protocol, rendered.</summary>
/// <param name="Ids">Its ids, image pads expanded.</param>
/// <param name="Images">Its images.</param>
public sealed record ChatRequest(IReadOnlyList<int> Ids, IReadOnlyList<ImagePatches> Images)
{
    /// <summary>Renders a request with the model's chat template.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model.</param>
    /// <returns>The ids and images.</returns>
    public static ChatRequest Read(JsonObject request, StubModel model)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        var images = new List<ImagePatches>();
        ChatTurn[] turns = [.. request["messages"]!.AsArray().Select(message => new ChatTurn(
            message!["role"]!.GetValue<string>(),
            message["content"] is JsonArray parts
                ? [.. parts.Select(part => Part(part!, model, images))]
                : [new TextPart(message["content"]!.GetValue<string>())]))];
        var options = new ChatTemplateOptions { AddGenerationPrompt = request["add_generation_prompt"]?.GetValue<bool>() ?? true };
        return new ChatRequest(QwenChatTemplate.RenderVision(turns, options).Encode(model.Tokenizer, AddedTokenMode.Parse).Ids, images);
    }

    /// <summary>Reads an image from a data URI or bare base64.</summary>
    /// <param name="text">The text.</param>
    /// <param name="model">Prepares it.</param>
    /// <returns>The image.</returns>
    public static ImagePatches ReadImage(string text, StubModel model)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(model);
        return model.Processor.Process(Convert.FromBase64String(text[(text.IndexOf(',', StringComparison.Ordinal) + 1)..]));
    }

    private static ChatPart Part(JsonNode part, StubModel model, List<ImagePatches> images)
    {
        if (part["type"]!.GetValue<string>() is "text") return new TextPart(part["text"]!.GetValue<string>());
        var image = ReadImage(part["image_url"]!["url"]!.GetValue<string>(), model);
        images.Add(image);
        return new ImagePart(image.Grid.Features(model.Config.Vision.MergeSize));
    }
}
