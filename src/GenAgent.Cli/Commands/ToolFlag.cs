using System.CommandLine;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Commands;

/// <summary>The flag <c>--tool NAME=URI</c> of the commands that run an agent.</summary>
internal sealed class ToolFlag
{
    public ToolFlag() => Option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
        {
            result.AddError($"--tool {token.Value}: write NAME=URI, as in --tool edit_image=comfyui:http://host:8188?workflow=edit.json.");
        }
    });

    public Option<string[]> Option { get; } = new("--tool")
    {
        Description = "A further tool of the agent: another image generator by name, or an editor (a name that begins with edit). May be given several times.",
        HelpName = "NAME=URI",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>What the flag sets.</summary>
    public IEnumerable<FlagValue> Values(ParseResult parsed) => (parsed.GetValue(Option) ?? [])
        .Select(tool => tool.Split('=', 2))
        .Select(tool => new FlagValue($"Backends:Tools:{tool[0]}", tool[1], Option.Name));
}
