using System.Globalization;
using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Dialects;
using GenAgent.Generators;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>An image tool of an agent: validates calls and builds the generator's request.</summary>
internal sealed class ImageTool(ToolWording wording, IImageGenerator generator, bool edits, ImageAgentOptions options)
{
    // The first image is a draft.
    private readonly int? _draftSteps = edits ? options.Steps : options.DraftSteps ?? options.Steps ?? generator.GetService<GeneratorProfile>()?.DraftSteps;

    public ToolWording Wording => wording;

    public ImageMaker Maker { get; } = new(generator, options);

    /// <summary>Whether the tool changes an earlier image.</summary>
    public bool Edits => edits;

    /// <summary>Whether the generator can start from an image; null if unknown.</summary>
    public bool? TakesOriginalImages { get; } = generator.GetService<GeneratorProfile>()?.TakesOriginalImages;

    /// <summary>Reads a call; returns the generation to request, or a fault if the call is invalid.</summary>
    /// <param name="call">The call.</param>
    /// <param name="shown">Number of images that the model has seen.</param>
    /// <param name="asked">What is asked for.</param>
    /// <param name="image">The number of the image to edit, from 1; null for the last.</param>
    public Fault? Read(ToolCall call, int shown, out Generation asked, out int? image)
    {
        asked = new Generation(string.Empty);
        if (ReadArguments(call, wording, options.MaxPromptCharacters, out var text, out image) is { } wrong)
        {
            return new Fault(FaultKind.BadArguments, wrong);
        }

        asked = Ask(text, shown);
        return null;
    }

    /// <summary>The generation for a prompt or an edit instruction.</summary>
    public Generation Ask(string text, int shown) => new(text)
    {
        NegativePrompt = options.NegativePrompt,
        Width = options.Width,
        Height = options.Height,
        Steps = shown == 0 ? _draftSteps : options.Steps,
        GuidanceScale = options.GuidanceScale,
    };

    /// <summary>What is wrong with a call's arguments, or null.</summary>
    public static string? ReadArguments(ToolCall call, ToolWording wording, int maxCharacters, out string text, out int? image)
    {
        (text, image) = (string.Empty, null);
        using var document = JsonDocument.Parse(call.Arguments);
        foreach (var argument in document.RootElement.EnumerateObject())
        {
            if (argument.NameEquals(wording.Argument))
            {
                if (argument.Value.ValueKind != JsonValueKind.String)
                {
                    return $"\"{wording.Argument}\" must be a string, not {argument.Value.ValueKind.ToString().ToLowerInvariant()}.";
                }

                text = argument.Value.GetString()!;
            }
            else if (wording.ImageArgument is { } numbered && argument.NameEquals(numbered))
            {
                if (Number(argument.Value) is not { } number)
                {
                    return $"\"{numbered}\" must be the number of an image, from 1, not {Excerpt(argument.Value.GetRawText())}.";
                }

                image = number;
            }
            else
            {
                var known = wording.ImageArgument is { } second ? $"\"{wording.Argument}\" and \"{second}\"" : $"\"{wording.Argument}\"";
                return $"{wording.Name} takes no argument \"{Excerpt(argument.Name)}\", only {known}.";
            }
        }

        return text.Length == 0 ? $"{wording.Name} needs \"{wording.Argument}\", a string that says {LowerFirst(wording.ArgumentDescription)}."
            : PromptText.Check(text, maxCharacters) is { } bad ? $"\"{wording.Argument}\" {bad}"
            : null;
    }

    internal static string Excerpt(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");

    // Models write a number as 2, "2" or "image 2".
    private static int? Number(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        var digits = text.AsSpan().TrimStart("image #_").Trim();
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
    }

    private static string LowerFirst(string text) => char.ToLowerInvariant(text[0]) + text[1..];
}
