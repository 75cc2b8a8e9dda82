using GenAgent.Generators.A1111;
using GenAgent.Generators.ComfyUI;
using GenAgent.Generators.GeAgent;
using GenAgent.Generators.OpenAICompatible;
using GenAgent.Models.Chat;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Models;

/// <summary>Registers the backends that are servers.</summary>
public static class ServerBackends
{
    private const string CustomaryKey = "OPENAI_API_KEY";

    private static readonly string[] OpenAICalls = ["/chat/completions", "/images/generations", "/images/edits", "/models"];

    private static readonly Uri OllamaEndpoint = new("http://localhost:11434/v1");

    private static readonly BackendScheme OpenAI = new(
        "openai", BackendForm.ModelAtEndpoint, "openai:gpt-5",
        "OpenAI, or with @http://host:8000/v1 any server of its protocol: vLLM, SGLang, llama.cpp, sd-server")
    {
        Parameters = ["without", "key"],
        DefaultEndpoint = OpenAIServerOptions.OpenAIEndpoint,
        ProbePath = "models",
        CallPaths = OpenAICalls,
    };

    private static readonly BackendScheme Ollama = new(
        "ollama", BackendForm.ModelAtEndpoint, "ollama:qwen2.5vl:7b", "Ollama, on this machine or at @http://host:11434")
    {
        Parameters = ["without", "key"],
        DefaultEndpoint = OllamaEndpoint,

        // Ollama's own address has no path; its OpenAI-compatible API is below /v1.
        BarePath = "/v1",
        ProbePath = "models",
        CallPaths = OpenAICalls,
    };

    private static readonly BackendScheme ComfyUI = new(
        "comfyui", BackendForm.Endpoint, "comfyui:http://host:8188?workflow=flux1-dev",
        $"ComfyUI, with a workflow file or a built-in one: {string.Join(", ", ComfyWorkflow.BuiltInNames)}")
    {
        Parameters = ["workflow", "output", "batch", "key"],
        ProbePath = "system_stats",
        CallPaths = ["/prompt"],
    };

    private static readonly BackendScheme A1111 = new(
        "a1111", BackendForm.Endpoint, "a1111:http://host:7860", "AUTOMATIC1111's stable-diffusion-webui, Forge, sd-server")
    {
        Parameters = ["sampler", "scheduler", "distilled", "key"],
        UsesBasicAuthentication = true,
        ProbePath = "sdapi/v1/samplers",
        CallPaths = ["/sdapi/v1/txt2img", "/sdapi/v1/img2img", "/sdapi/v1"],
    };

    private static readonly BackendScheme GeAgent = new(
        "geagent", BackendForm.Endpoint, "geagent:http://host:8999?edit=http://host:8998", "the paper authors' image servers, with fixed seeds")
    {
        Parameters = ["edit"],
        ProbePath = "health",
        CallPaths = ["/generate"],
    };

    /// <summary>Registers every server of this package under its scheme, and returns the same registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddServers(this BackendRegistry registry) => registry
        .AddChatClient(OpenAI, (context, _) => new(Chat(context, OpenAI.EndpointOf(context.Uri)!)))
        .AddChatClient(Ollama, (context, _) => new(Chat(context, Ollama.EndpointOf(context.Uri)!)))
        .AddImageGenerator(OpenAI with { Parameters = ["without", "key"], Example = "openai:gpt-image-1.5" }, (context, _) =>
            new(OpenAIServer.CreateImageGenerator(
            Options(context, OpenAI.EndpointOf(context.Uri)!, ImageAnswerHandler.Optional), context.LoggerFactory, context.TimeProvider)))
        .AddImageGenerator(ComfyUI, (context, _) => new(new ComfyUIImageGenerator(
            new ComfyUIOptions
            {
                Endpoint = ComfyUI.EndpointOf(context.Uri)!,
                Workflow = context.Parameter("workflow") is { } workflow ? ComfyWorkflow.Open(workflow, context.FullPath) : ComfyWorkflow.Flux1Dev,
                Output = context.Parameter("output"),
                BatchOnServer = context.Flag("batch"),
                ApiKey = context.Secret(),
                Http = context.HttpOptions(),
            },
            context.LoggerFactory,
            context.TimeProvider)))
        .AddImageGenerator(A1111, (context, _) => new(new A1111ImageGenerator(
            new A1111Options
            {
                Endpoint = A1111.EndpointOf(context.Uri)!,
                Sampler = context.Parameter("sampler"),
                Scheduler = context.Parameter("scheduler"),
                DistilledGuidance = context.Flag("distilled"),
                Credentials = context.Secret(),
                Http = context.HttpOptions(),
            },
            context.LoggerFactory,
            context.TimeProvider)))
        .AddImageGenerator(GeAgent, (context, _) => new(new GeAgentImageGenerator(
            new GeAgentOptions { Endpoint = GeAgent.EndpointOf(context.Uri)!, EditEndpoint = context.Address("edit"), Http = context.HttpOptions() },
            context.LoggerFactory,
            context.TimeProvider)));

    private static IChatClient Chat(BackendContext context, Uri endpoint) =>
        OpenAIServer.CreateChatClient(Options(context, endpoint, ChatHabits.Optional), context.LoggerFactory, context.TimeProvider);

    private static OpenAIServerOptions Options(BackendContext context, Uri endpoint, IReadOnlyList<string> optional) => new(context.Uri.Model!)
    {
        Endpoint = endpoint,
        ApiKey = context.Secret() ?? (endpoint == OpenAIServerOptions.OpenAIEndpoint ? Customary(context.Configuration) : null),
        Http = context.HttpOptions(),
        Without = Without(context, optional),
    };

    private static string[] Without(BackendContext context, IReadOnlyList<string> optional)
    {
        var fields = context.Parameter("without")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return fields.FirstOrDefault(field => !optional.Contains(field, StringComparer.Ordinal)) is { } unknown
            ? throw new BackendUriException(
                $"\"{context.Uri}\": \"without\" names \"{unknown}\", which is no field that a request can do without. Known: "
                    + $"{string.Join(", ", optional)}.")
            : fields;
    }

    // OPENAI_API_KEY from the configuration, else from the environment; used only for OpenAI's own address.
    internal static string? Customary(IConfiguration configuration) =>
        KeyText.Of(configuration[CustomaryKey], CustomaryKey) ?? KeyText.Of(Environment.GetEnvironmentVariable(CustomaryKey), CustomaryKey);
}
