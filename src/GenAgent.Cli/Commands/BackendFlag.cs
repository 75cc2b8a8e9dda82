using System.CommandLine;

namespace GenAgent.Cli.Commands;

/// <summary>Flags that name a backend: their help lists the schemes, and completion offers them.</summary>
internal static class BackendFlag
{
    private const string ChatSchemes = "micro, openai:MODEL@http://host:8000/v1, ollama:MODEL, ./folder, hf:ORG/NAME, oracle";
    private const string ImageSchemes =
        "micro, comfyui:http://host:8188, a1111:http://host:7860, openai:MODEL@http://host/v1, geagent:http://host:8999, ./folder, hf:ORG/NAME, canvas";

    private static readonly string[] ChatValues = ["micro", "oracle", "openai:", "ollama:", "hf:", "./"];
    private static readonly string[] ImageValues =
        ["micro", "micro-b", "canvas", "comfyui:http://127.0.0.1:8188", "a1111:http://127.0.0.1:7860", "geagent:http://127.0.0.1:8999", "openai:", "hf:", "./"];
    private static readonly string[] JudgeValues = ["verifier", "openai:", "ollama:", "hf:", "./"];

    /// <summary>A chat model that is the agent's or a teacher's.</summary>
    public static Option<string?> Chat(string name, string description, string? byDefault = null) =>
        Create(name, description, ChatSchemes, ChatValues, byDefault);

    /// <summary>An image generator.</summary>
    public static Option<string?> Images(string description) => Create("--generator", description, ImageSchemes, ImageValues);

    /// <summary>A judge; what it may be is part of the description.</summary>
    public static Option<string?> Judge(string description, string? byDefault = null) =>
        Create("--judge", description, schemes: null, JudgeValues, byDefault);

    private static Option<string?> Create(string name, string description, string? schemes, string[] values, string? byDefault = null)
    {
        var option = new Option<string?>(name) { Description = schemes is null ? $"{description}." : $"{description}: {schemes}.", HelpName = "URI" };
        option.CompletionSources.Add(values);
        if (byDefault is not null) option.DefaultValueFactory = _ => byDefault;
        return option;
    }
}
