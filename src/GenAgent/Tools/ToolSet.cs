using GenAgent.Agents;
using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>The tools of an agent, worded in the model's dialect.</summary>
internal sealed class ToolSet
{
    private readonly Dictionary<string, ImageTool> _images = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AIFunction> _functions = new(StringComparer.Ordinal);
    private readonly List<AIFunctionDeclaration> _declarations = [];

    /// <summary>Combines the tools.</summary>
    /// <exception cref="ArgumentException">Two tools have one name, or the dialect has no such tool.</exception>
    public ToolSet(Dialect dialect, IImageGenerator generator, IEnumerable<AgentTool> tools, ImageAgentOptions options)
    {
        Main = new ImageTool(dialect.Generate, generator, edits: false, options);
        Add(Main);
        var editor = generator;
        foreach (var tool in tools)
        {
            switch (tool)
            {
                case GeneratorTool { Edits: true, Name: AgentTool.EditImage } edit when dialect.HasFixedTools && dialect.Edit is not null:
                    editor = edit.Maker;
                    break;
                case var other when dialect.HasFixedTools:
                    throw new ArgumentException(
                        $"Models of the dialect {dialect} know no tool \"{other.Name}\", only {Names(dialect)}: leave it out, or choose another dialect.",
                        nameof(tools));
                case GeneratorTool made:
                    Add(new ImageTool(made.Word(dialect), made.Maker, made.Edits, options));
                    break;
                case FunctionTool function:
                    Declare(function.Name, function.Callee);
                    _functions.Add(function.Name, function.Callee);
                    break;
            }
        }

        if (dialect is { HasFixedTools: true, Edit: { } wording })
        {
            Add(new ImageTool(wording, editor, edits: true, options));
        }
    }

    /// <summary>The tool that makes an image from a prompt.</summary>
    public ImageTool Main { get; }

    /// <summary>The tools as they are offered, in order.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Declarations => _declarations;

    public ImageTool? Image(string name) => _images.GetValueOrDefault(NameOf(name));

    public AIFunction? Function(string name) => _functions.GetValueOrDefault(NameOf(name));

    /// <summary>The fault for an unknown tool.</summary>
    public Fault Unknown(ToolCall call)
    {
        var known = _declarations.Count == 1
            ? $"The only tool is {_declarations[0].Name}."
            : $"The tools are {string.Join(", ", _declarations.Select(tool => tool.Name))}.";
        return new Fault(FaultKind.UnknownTool, $"There is no tool \"{ImageTool.Excerpt(call.Name)}\". {known}");
    }

    // Models and their servers write a namespace before a tool's name ("functions.x"), and a control token after it.
    private string NameOf(string written)
    {
        var name = written.Trim();
        if (IsKnown(name)) return name;
        if (name.IndexOf("<|", StringComparison.Ordinal) is > 0 and var token) name = name[..token];
        var own = name[(name.LastIndexOfAny(['.', ':', '/']) + 1)..];
        return IsKnown(own) ? own : IsKnown(name) ? name : written;
    }

    private bool IsKnown(string name) => _images.ContainsKey(name) || _functions.ContainsKey(name);

    private static string Names(Dialect dialect) =>
        dialect.Edit is { } edit ? $"{dialect.Generate.Name} and {edit.Name} (given as {AgentTool.EditImage})" : dialect.Generate.Name;

    private void Add(ImageTool tool)
    {
        if (tool is { Edits: true, TakesOriginalImages: false })
        {
            throw new ArgumentException(
                $"The generator of {tool.Wording.Name} takes no original image, so it cannot edit: name one that does as the tool {AgentTool.EditImage}.",
                nameof(tool));
        }

        Declare(tool.Wording.Name, tool.Wording.Declaration);
        _images.Add(tool.Wording.Name, tool);
    }

    private void Declare(string name, AIFunctionDeclaration declaration)
    {
        if (_declarations.Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException($"Two tools have the name \"{name}\": name each tool once, and none {Main.Wording.Name}.", nameof(name));
        }

        _declarations.Add(declaration);
    }
}
