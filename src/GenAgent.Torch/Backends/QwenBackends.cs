using GenAgent.Agents;
using GenAgent.Models.Hub;
using GenAgent.Torch.Backends;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Native;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Models;

/// <summary>Registers Qwen2.5-VL from a folder or from the hub's cache as a chat model.</summary>
public static class QwenBackends
{
    private const string ModelType = "qwen2_5_vl";

    private static readonly BackendScheme Folder = new(
        BackendUri.FolderScheme, BackendForm.Path, "./Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL in the layout of Hugging Face, run in this process")
    {
        Parameters = ["device", "dtype", "memory", "batch", "threads", "adapter"], FindFolder = context => ModelFolder.Find(context, hubCacheFolder: null),
    };

    private static readonly BackendScheme Hub = Folder with
    {
        Name = "hf", Form = BackendForm.Model, Example = "hf:Qwen/Qwen2.5-VL-7B-Instruct",
        Description = "Qwen2.5-VL as it was pulled from the hub, run in this process",
        Parameters = [.. Folder.Parameters, "folder"],
    };

    /// <summary>
    /// Adds paths and <c>hf:</c> for chat, and returns the same registry. Clients of the same folder and parameters share one engine in the whole process,
    /// which is freed with the last of them. <c>?memory=</c> is a budget for keys and values in GiB; <c>?adapter=</c> is the folder of a LoRA (PEFT) on the
    /// model.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="hubCacheFolder">The hub's cache (<see cref="HubOptions.CacheFolder"/>); null leaves <c>hf:</c> out.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddQwen(this BackendRegistry registry, string? hubCacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        registry.AddChatClient(
            Folder,
            async (context, cancellationToken) =>
                await OpenAsync(context, ModelFolder.Find(context, hubCacheFolder: null), name: null, hubCacheFolder, cancellationToken));
        return hubCacheFolder is null
            ? registry
            : registry.AddChatClient(
                Hub with { FindFolder = context => ModelFolder.Find(context, hubCacheFolder) },
                async (context, cancellationToken) =>
                    await OpenAsync(context, ModelFolder.Find(context, hubCacheFolder), NameOf(context), hubCacheFolder, cancellationToken));
    }

    /// <summary>Adds a name for one model's folder, and returns the same registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="name">The name, lower case.</param>
    /// <param name="description">What it is, in one line.</param>
    /// <param name="folder">Finds the folder when the model is requested; throws <see cref="BackendUriException"/> if it does not exist.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddQwen(this BackendRegistry registry, string name, string description, Func<string> folder)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(folder);
        var scheme = Folder with { Name = name, Form = BackendForm.NameOnly, Example = name, Description = description, FindFolder = _ => folder() };
        return registry.AddChatClient(
            scheme, async (context, cancellationToken) => await OpenAsync(context, folder(), name, hubCacheFolder: null, cancellationToken));
    }

    private static string NameOf(BackendContext context) => context.Parameter("folder") is { } folder ? $"{context.Uri.Model}/{folder}" : context.Uri.Model!;

    private static Task<IChatClient> OpenAsync(BackendContext context, string named, string? name, string? hubCacheFolder, CancellationToken cancellationToken)
    {
        var (folder, adapter) = ModelFolder.WithAdapter(context, named, hubCacheFolder);
        ModelFolder.RequireChatModel(context.Uri, folder, ModelType);
        var defaults = new GenerationEngineOptions();
        var engine = defaults with
        {
            CacheBytes = context.Gibibytes("memory") ?? defaults.CacheBytes,
            MaxConcurrentRequests = context.Count("batch") ?? defaults.MaxConcurrentRequests,
            Threads = context.Count("threads") ?? defaults.Threads,
        };
        try
        {
            engine.Validate();
        }
        catch (ArgumentException fault)
        {
            throw new BackendUriException($"\"{context.Uri}\": {fault.Message}");
        }

        var (dtype, device) = (Dtype(context), context.Parameter("device"));
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(named));
        var key = string.Join('\n', folder, adapter, name, dtype, device, engine);
        return SharedChatClients.LeaseAsync(key, Load, cancellationToken);

        TorchChatClient Load()
        {
            var where = DeviceOf(context.Uri, device);
            LoadNotice.Tell(context.LoggerFactory, name, folder, dtype, where, engine.CacheBytes);
            var profile = (adapter is null ? null : AgentProfile.Load(adapter)) ?? AgentProfile.Load(folder);
            var settings = new TorchChatClientOptions { ModelId = name, Sampling = GenerationDefaults.Load(folder), Profile = profile };
            return TorchChatClient.Load(folder, engine, settings, dtype, where, adapter);
        }
    }

    private static ScalarType? Dtype(BackendContext context) => context.Parameter("dtype") switch
    {
        null => null,
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        var other => throw new BackendUriException($"\"{context.Uri}\": dtype={other} is not known; use float32, bfloat16 or float16."),
    };

    private static Device DeviceOf(BackendUri uri, string? name)
    {
        TorchNative.EnsureLoaded();
        if (name is null) return cuda.is_available() ? CUDA : CPU;
        try
        {
            return device(name);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            throw new BackendUriException($"\"{uri}\": device={name} is not known; use cpu, cuda or cuda:1.");
        }
    }
}
