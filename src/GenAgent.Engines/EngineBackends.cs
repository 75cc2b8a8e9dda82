using GenAgent.Engines;
using GenAgent.Models.Hub;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Qwen25VL;

namespace GenAgent.Models;

/// <summary>Registers vLLM and SGLang as chat models with token traces.</summary>
public static class EngineBackends
{
    private static readonly BackendScheme Vllm = new(
        "vllm", BackendForm.ModelAtEndpoint, "vllm:Qwen/Qwen2.5-VL-7B-Instruct@http://host:8000",
        "a Qwen2.5-VL on vLLM, token-exact: ids, log-probabilities, weight versions; several addresses, separated by commas, are replicas")
    {
        Parameters = ["tokenizer", "adapter", "plain", "images", "key"], TakesReplicas = true, ProbePath = "v1/models",
    };

    private static readonly BackendScheme Sglang = Vllm with
    {
        Name = "sglang", Example = "sglang:Qwen/Qwen2.5-VL-7B-Instruct@http://host:30000", Parameters = ["tokenizer", "adapter", "plain", "key"],
        Description = "a Qwen2.5-VL on SGLang, token-exact, as vllm:",
    };

    /// <summary>
    /// Adds <c>vllm:</c> and <c>sglang:</c>, and returns the same registry. Tokenizer and image settings come from a folder of this machine: that of the
    /// model's name (a path, or a model in the hub's cache), or of the chat model that <c>?tokenizer=</c> names. <c>?plain=true</c> samples from the
    /// model's own distribution, without what its generation settings add.
    /// </summary>
    /// <param name="registry">The registry; it finds the folders of <c>?tokenizer=</c>.</param>
    /// <param name="hubCacheFolder">The hub's cache (<see cref="HubOptions.CacheFolder"/>); null for none.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddEngines(this BackendRegistry registry, string? hubCacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry
            .AddChatClient(Vllm, (context, _) => new(Open(EngineKind.Vllm, Vllm, registry, context, hubCacheFolder)))
            .AddChatClient(Sglang, (context, _) => new(Open(EngineKind.Sglang, Sglang, registry, context, hubCacheFolder)));
    }

    private static EngineChatClient Open(EngineKind kind, BackendScheme scheme, BackendRegistry registry, BackendContext context, string? hubCacheFolder)
    {
        if (context.Uri.Endpoints.FirstOrDefault(address => address.AbsolutePath.TrimEnd('/') is "/v1") is { } withVersion)
        {
            throw new BackendUriException(
                $"\"{context.Uri}\": {withVersion} is where OpenAI's protocol is; the engine's own routes are beside it. Leave \"/v1\" out.");
        }

        var folder = context.Parameter("tokenizer") is { } named ? registry.FindChatModel(named) : FolderOf(context, hubCacheFolder);
        var defaults = GenerationDefaults.Load(folder);
        var options = new EngineOptions(kind, context.Uri.Model!, scheme.EndpointsOf(context.Uri), folder)
        {
            Adapter = context.Parameter("adapter"),
            Sampling = context.Flag("plain") ? new SamplingOptions { MaxTokens = defaults.MaxTokens, StopIds = defaults.StopIds } : defaults,
            SendsImagesAlways = context.Parameter("images") switch
            {
                null or "once" => false,
                "always" => true,
                var other => throw new BackendUriException($"\"{context.Uri}\": images={other} is not known; use once or always."),
            },
            ApiKey = context.Secret,
            Http = context.HttpOptions(),
        };
        try
        {
            return new EngineChatClient(options, context.LoggerFactory, context.TimeProvider);
        }
        catch (ArgumentException wrong)
        {
            throw new BackendUriException($"\"{context.Uri}\": {wrong.Message}", wrong);
        }
    }

    private static string FolderOf(BackendContext context, string? hubCacheFolder)
    {
        var name = context.Uri.Model!;
        if (File.Exists(Path.Combine(context.FullPath(name), Qwen25VLConfig.FileName))) return context.FullPath(name);
        return Snapshot(name, hubCacheFolder) ?? throw new BackendUriException(
            $"\"{context.Uri}\": {name} is neither a folder here nor in the hub's cache, so its tokenizer and image settings are unknown. Name them with "
                + $"?tokenizer=FOLDER (no weights are needed there), or pull them: genagent models pull hf:{name} --include \"*.json\"");
    }

    private static string? Snapshot(string name, string? hubCacheFolder)
    {
        try
        {
            return hubCacheFolder is null ? null : new HubCache(hubCacheFolder).FindSnapshot(HubModel.Parse(name));
        }
        catch (ArgumentException)
        {
            // No name of the hub.
            return null;
        }
    }
}
