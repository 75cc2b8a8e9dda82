using GenAgent.Dialects;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>
/// An additional tool for the agent's model: another generator, an editor of earlier images, or a function. It has a name and a schema, and returns images
/// or text. Safe to use from many tasks at once if the generator or function is. Disposing the agent does not dispose the generator or function.
/// </summary>
public abstract class AgentTool
{
    /// <summary>The default name of the editing tool.</summary>
    public const string EditImage = "edit_image";

    private protected AgentTool(string name) => Name = name;

    /// <summary>The tool's name for the model, in dialects without fixed tool names.</summary>
    public string Name { get; }

    /// <summary>Another generator, for the model to choose.</summary>
    /// <param name="name">Its name: letters, digits, <c>_</c> and <c>-</c>; at most 64.</param>
    /// <param name="generator">Makes the images.</param>
    /// <returns>The tool.</returns>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    public static AgentTool Generator(string name, IImageGenerator generator) => new GeneratorTool(Checked(name), generator, edits: false);

    /// <summary>An editor: it changes an earlier image, by default the last one.</summary>
    /// <param name="generator">Any generator that takes an original image.</param>
    /// <param name="name">Its name: letters, digits, <c>_</c> and <c>-</c>; at most 64.</param>
    /// <returns>The tool.</returns>
    /// <exception cref="ArgumentException">The name is invalid.</exception>
    public static AgentTool Editor(IImageGenerator generator, string name = EditImage) => new GeneratorTool(Checked(name), generator, edits: true);

    /// <summary>
    /// A function. If it returns image data (<see cref="DataContent"/>), the model sees it as an image of the run; anything else is text for the model. An
    /// exception is reported to the model and counts as a fault.
    /// </summary>
    /// <param name="function">The function, with its name, schema and description.</param>
    /// <returns>The tool.</returns>
    /// <exception cref="ArgumentException">The function's name is invalid.</exception>
    public static AgentTool Function(AIFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new FunctionTool(Checked(function.Name), function);
    }

    private static string Checked(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
            ? name
            : throw new ArgumentException($"\"{name}\" is no tool's name: use 1 to 64 letters, digits, _ or -.", nameof(name));
    }
}

/// <summary>A generator under a name.</summary>
internal sealed class GeneratorTool(string name, IImageGenerator generator, bool edits) : AgentTool(name)
{
    public IImageGenerator Maker => generator;

    public bool Edits => edits;

    /// <summary>The dialect's wording for it, with its own name.</summary>
    public ToolWording Word(Dialect dialect) => edits
        ? dialect.Edit! with { Name = Name }
        : dialect.Generate with { Name = Name, Description = $"{dialect.Generate.Description.TrimEnd('.')}, with the generator {Name}." };
}

/// <summary>A function as a tool.</summary>
internal sealed class FunctionTool(string name, AIFunction function) : AgentTool(name)
{
    public AIFunction Callee => function;
}
