using System.Text.Json;
using GenAgent.Protocol;
using Microsoft.Extensions.AI;

namespace GenAgent.Dialects;

/// <summary>How a dialect words a tool that makes images. Immutable.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Description">What it does, for the model.</param>
/// <param name="Argument">The required argument, a string: what to draw, or what to change.</param>
/// <param name="ArgumentDescription">What the argument means, for the model.</param>
public sealed record ToolWording(string Name, string Description, string Argument, string ArgumentDescription)
{
    /// <summary>The optional argument with the number of the image to edit; null if the tool always edits the last image.</summary>
    public string? ImageArgument { get; init; }

    /// <summary>The tool's declaration for the model.</summary>
    public AIFunctionDeclaration Declaration => AIFunctionFactory.CreateDeclaration(Name, Description, JsonDocument.Parse(Schema).RootElement);

    private string Schema => $$"""
        {"type": "object", "properties": {{{PythonJson.Quote(Argument)}}: {"type": "string", "description": {{PythonJson.Quote(ArgumentDescription)}}}{{ImageProperty}}}, "required": [{{PythonJson.Quote(Argument)}}]}
        """;

    private string ImageProperty => ImageArgument is null
        ? string.Empty
        : $", {PythonJson.Quote(ImageArgument)}: {{\"type\": \"integer\", \"description\": \"Number of the image to change; the last one by default\"}}";

    /// <summary>A call of the tool.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The call, with the arguments under this dialect's names.</returns>
    public ToolCall Call(string text) => new(Name, $"{{{PythonJson.Quote(Argument)}: {PythonJson.Quote(text)}}}");
}
