using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>The agent's tool: what it is called, what it takes, and which calls fit.</summary>
public static class ImageTool
{
    /// <summary>The tool's name.</summary>
    public const string Name = "generate_image";

    private const string PromptArgument = "prompt";

    private const string Schema =
        """{"type": "object", "properties": {"prompt": {"type": "string", "description": "What to draw"}}, "required": ["prompt"]}""";

    /// <summary>The tool as it is offered to the model.</summary>
    public static AIFunctionDeclaration Declaration { get; } = AIFunctionFactory.CreateDeclaration(
        Name, "Generate an image from a text prompt.", JsonDocument.Parse(Schema).RootElement);

    /// <summary>Reads a call: what the generator is to be asked for, or the fault of a call that does not fit.</summary>
    internal static Fault? Read(ToolCall call, ImageAgentOptions options, out Generation generation)
    {
        generation = new Generation(string.Empty);
        if (!string.Equals(call.Name, Name, StringComparison.Ordinal))
        {
            return new Fault(FaultKind.UnknownTool, $"There is no tool \"{Excerpt(call.Name)}\". The only tool is {Name}.");
        }

        if (ReadPrompt(call.Arguments, out var prompt) is { } wrong)
        {
            return new Fault(FaultKind.BadArguments, wrong);
        }

        if (PromptText.Check(prompt, options.MaxPromptCharacters) is { } bad)
        {
            return new Fault(FaultKind.BadArguments, $"\"{PromptArgument}\" {bad}");
        }

        generation = new Generation(prompt)
        {
            NegativePrompt = options.NegativePrompt,
            Width = options.Width,
            Height = options.Height,
            Steps = options.Steps,
            GuidanceScale = options.GuidanceScale,
        };
        return null;
    }

    private static string? ReadPrompt(string arguments, out string prompt)
    {
        prompt = string.Empty;
        using var document = JsonDocument.Parse(arguments);
        foreach (var argument in document.RootElement.EnumerateObject())
        {
            if (!argument.NameEquals(PromptArgument))
            {
                return $"{Name} takes no argument \"{Excerpt(argument.Name)}\", only \"{PromptArgument}\".";
            }

            if (argument.Value.ValueKind != JsonValueKind.String)
            {
                return $"\"{PromptArgument}\" must be a string, not {argument.Value.ValueKind.ToString().ToLowerInvariant()}.";
            }

            prompt = argument.Value.GetString()!;
        }

        return prompt.Length == 0 ? $"{Name} needs \"{PromptArgument}\", a string that says what to draw." : null;
    }

    private static string Excerpt(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");
}
