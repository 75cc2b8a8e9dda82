using GenAgent.Cli.Hosting;
using GenAgent.Models;

namespace GenAgent.Cli.Composition;

/// <summary>The name of the embedded models, which this version does not hold yet: says so, and what to use in their place.</summary>
internal static class EmbeddedModels
{
    private static readonly BackendScheme Scheme = new("micro", BackendForm.NameOnly, "micro", "the embedded world in miniature (not in this version yet)");

    public static void AddTo(BackendRegistry registry) => registry
        .AddChatClient(Scheme, (_, _) => throw Missing("--agent", "openai:MODEL@http://localhost:8080/v1", "any OpenAI-compatible server: llama.cpp, vLLM, SGLang, Ollama"))
        .AddImageGenerator(Scheme, (_, _) => throw Missing("--generator", "comfyui:http://localhost:8188", "a ComfyUI server; a1111: and openai: are known too"));

    private static CliException Missing(string flag, string example, string what) =>
        new(ExitCode.Backend, $"micro: this version of genagent does not hold the embedded models yet. Name a server of your own with {flag}, as in {flag} {example} ({what}), or set it for good in {Configuration.Settings.FileName}. To see the loop without any server: --agent oracle --generator canvas --judge verifier.");
}
