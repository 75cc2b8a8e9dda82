using GenAgent.Models.Hub;
using GenAgent.Torch.Backends;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Engine;

namespace GenAgent.Models;

/// <summary>Registers FLUX.1 from a folder or from the hub's cache as an image generator.</summary>
public static class FluxBackends
{
    private static readonly BackendScheme Folder = new(
        BackendUri.FolderScheme, BackendForm.Path, "./FLUX.1-dev",
        "FLUX.1 in the layout of diffusers or in one file (safetensors, GGUF), painted on this machine")
    {
        Parameters = ["steps", "guidance", "side", "device", "dtype", "memory", "batch", "tokens", "base"],
        FindFolder = context => ModelFolder.Find(context, hubCacheFolder: null),
    };

    private static readonly BackendScheme Hub = Folder with
    {
        Parameters = ["steps", "guidance", "side", "device", "dtype", "memory", "batch", "tokens"],
        Name = "hf", Form = BackendForm.Model, Example = "hf:black-forest-labs/FLUX.1-schnell",
        Description = "FLUX.1 as it was pulled from the hub, painted on this machine",
    };

    /// <summary>
    /// Adds paths and <c>hf:</c> for images, and returns the same registry. <c>?memory=</c> is a budget for weights in GiB; <c>?base=</c> is the folder in
    /// which a model in one file finds its other parts.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="hubCacheFolder">The hub's cache (<see cref="HubOptions.CacheFolder"/>); null leaves <c>hf:</c> out.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddFlux(this BackendRegistry registry, string? hubCacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        registry.AddImageGenerator(Folder, (context, _) => new(Open(context, FileOf(context) ?? ModelFolder.Find(context, hubCacheFolder: null))));
        return hubCacheFolder is null
            ? registry
            : registry.AddImageGenerator(
                Hub with { FindFolder = context => ModelFolder.Find(context, hubCacheFolder) },
                (context, _) => new(Open(context, ModelFolder.Find(context, hubCacheFolder))));
    }

    /// <summary>Adds a name for one model's folder, and returns the same registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="name">The name, lower case.</param>
    /// <param name="description">What it is, in one line.</param>
    /// <param name="folder">Finds the folder when the model is requested; throws <see cref="BackendUriException"/> if it does not exist.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddFlux(this BackendRegistry registry, string name, string description, Func<string> folder)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(folder);
        var scheme = Folder with { Name = name, Form = BackendForm.NameOnly, Example = name, Description = description, FindFolder = _ => folder() };
        return registry.AddImageGenerator(scheme, (context, _) => new(Open(context, folder())));
    }

    private static string? FileOf(BackendContext context) => context.FullPath(context.Uri.Model!) is var path && File.Exists(path) ? path : null;

    private static FluxImageGenerator Open(BackendContext context, string folder)
    {
        var isFile = File.Exists(folder);
        if (!isFile) ModelFolder.RequirePainter(context.Uri, folder);
        if (!isFile && context.Parameter("base") is not null)
        {
            throw new BackendUriException($"\"{context.Uri}\": base is for a model in one file; {folder} is a folder.");
        }
        var options = new FluxEngineOptions
        {
            DefaultSteps = context.Count("steps"),
            DefaultGuidanceScale = context.Number("guidance"),
            DefaultSide = context.Count("side"),
            Device = context.Parameter("device"),
            Dtype = context.Parameter("dtype"),
            MemoryBudget = context.Gibibytes("memory"),
            MaxBatch = context.Count("batch") ?? new FluxEngineOptions().MaxBatch,
            MaxSequenceLength = context.Count("tokens"),
        };
        string[] faults = [.. options.Faults()];
        return faults.Length == 0
            ? isFile ? OpenFile(context, folder, options) : FluxImageGenerator.Open(folder, options, context.LoggerFactory, context.TimeProvider)
            : throw new BackendUriException($"\"{context.Uri}\": {string.Join(' ', faults)}");
    }

    private static FluxImageGenerator OpenFile(BackendContext context, string file, FluxEngineOptions options)
    {
        try
        {
            return FluxImageGenerator.OpenFile(
                file, context.Parameter("base") is { } other ? context.FullPath(other) : null, options, context.LoggerFactory, context.TimeProvider);
        }
        catch (FileNotFoundException lost) when (string.Equals(lost.FileName, file, StringComparison.Ordinal))
        {
            throw new BackendUriException($"\"{context.Uri}\": {lost.Message}");
        }
    }
}
