using System.Text.Json;
using GenAgent.Models;
using GenAgent.Models.Hub;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Backends;

/// <summary>
/// Finds the folder behind a backend's name and checks what kind of model it holds, so that a chat model is never used as a generator or the reverse.
/// </summary>
internal static class ModelFolder
{
    private const string ConfigFile = "config.json";
    private const string PipelineFile = "model_index.json";

    /// <summary>The folder behind a path or, for <c>hf:</c>, the newest snapshot in the hub's cache; a full path.</summary>
    /// <exception cref="BackendUriException">There is no such folder; the message says what to do.</exception>
    public static string Find(BackendContext context, string? hubCacheFolder)
    {
        var uri = context.Uri;
        if (!uri.Scheme.Equals(BackendUri.FolderScheme, StringComparison.Ordinal))
        {
            var model = HubModel.Parse(uri.Model!);
            var snapshot = new HubCache(hubCacheFolder!).FindSnapshot(model)
                ?? throw new BackendUriException($"\"{uri}\": {model} is not in {hubCacheFolder}. Pull it first: genagent models pull hf:{model}");
            return context.Parameter("folder") is { } part ? Below(uri, snapshot, part) : snapshot;
        }

        var folder = context.FullPath(uri.Model!);
        return Directory.Exists(folder) ? folder
            : throw new BackendUriException(
                File.Exists(folder) ? $"\"{uri}\": {folder} is a file: name the folder that holds it with the other files of its model."
                    : $"\"{uri}\": there is no folder {folder}.");
    }

    // Some repositories hold several models, each in its own folder.
    private static string Below(BackendUri uri, string snapshot, string part)
    {
        var folder = Path.GetFullPath(part, snapshot);
        return Directory.Exists(folder) && folder.StartsWith(snapshot + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? folder
            : throw new BackendUriException(
                $"\"{uri}\": {snapshot} holds no folder {part}. It holds: {string.Join(", ", Directory.GetDirectories(snapshot).Select(Path.GetFileName))}.");
    }

    /// <summary>
    /// The folders of a chat model and of the adapter on it: a folder of PEFT's (<c>adapter_config.json</c>, no <c>config.json</c>) stands for the adapter on
    /// the model that it names; <c>?adapter=</c> applies an adapter to any model.
    /// </summary>
    /// <exception cref="BackendUriException">The adapter or its model does not exist; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The adapter's settings cannot be read.</exception>
    public static (string Model, string? Adapter) WithAdapter(BackendContext context, string folder, string? hubCacheFolder)
    {
        if (context.Parameter("adapter") is { } named)
        {
            var adapter = context.FullPath(named);
            return IsAdapter(adapter)
                ? (IsAdapter(folder)
                    ? throw new BackendUriException($"\"{context.Uri}\": {folder} is an adapter itself; only one can be on a model.")
                    : folder, adapter)
                : throw new BackendUriException($"\"{context.Uri}\": {adapter} holds no {LoraOptions.FileName}, so it is no adapter.");
        }

        return IsAdapter(folder) && !File.Exists(Path.Combine(folder, ConfigFile)) ? (BaseOf(context, folder, hubCacheFolder), folder) : (folder, null);
    }

    /// <summary>Refuses a folder that holds no chat model.</summary>
    /// <exception cref="BackendUriException">The folder holds an image generator, another architecture or no model; the message says which, and what to
    /// do.</exception>
    /// <exception cref="InvalidDataException">Its <c>config.json</c> is no JSON object.</exception>
    public static void RequireChatModel(BackendUri uri, string folder, string modelType)
    {
        if (File.Exists(Path.Combine(folder, PipelineFile)))
        {
            throw new BackendUriException(
                $"\"{uri}\": {folder} holds {PipelineFile}, so it is an image generator, not a chat model. Name it as generator, and a {modelType} as agent "
                    + "or judge.");
        }

        if (!File.Exists(Path.Combine(folder, ConfigFile)))
        {
            throw new BackendUriException($"\"{uri}\": {folder} holds no {ConfigFile}, so it is no chat model in the layout of Hugging Face.");
        }

        if (TypeOf(folder) is var type && !string.Equals(type, modelType, StringComparison.Ordinal))
        {
            throw new BackendUriException(
                $"\"{uri}\": {Path.Combine(folder, ConfigFile)} says \"model_type\": \"{type ?? "nothing"}\". Only {modelType} runs in this process; serve "
                    + "others by vLLM, llama.cpp or Ollama, and name them openai:NAME@http://host/v1.");
        }
    }

    /// <summary>Refuses a folder that holds a chat model.</summary>
    /// <exception cref="BackendUriException">The model is a chat model, not an image generator.</exception>
    public static void RequirePainter(BackendUri uri, string folder)
    {
        if (FluxModelIndex.Read(folder).ClassName is { Length: > 0 } pipeline
            && (!pipeline.StartsWith("Flux", StringComparison.Ordinal) || pipeline.StartsWith("Flux2", StringComparison.Ordinal)))
        {
            throw new BackendUriException(
                $"\"{uri}\": {Path.Combine(folder, PipelineFile)} says \"_class_name\": \"{pipeline}\". Only FLUX.1 runs in this process; serve others by "
                    + "ComfyUI, AUTOMATIC1111 or sd-server, and name their address.");
        }

        if (!File.Exists(Path.Combine(folder, PipelineFile)) && File.Exists(Path.Combine(folder, ConfigFile)) && TypeOf(folder) is { } type)
        {
            throw new BackendUriException(
                $"\"{uri}\": {Path.Combine(folder, ConfigFile)} says \"model_type\": \"{type}\", so it is a chat model, not an image generator. Name it as "
                    + "agent or judge, "
                    + "and a FLUX.1 in the layout of diffusers as generator.");
        }

        if (!File.Exists(Path.Combine(folder, PipelineFile)) && !Directory.Exists(Path.Combine(folder, FluxFolder.TransformerPart)))
        {
            throw new BackendUriException(
                $"\"{uri}\": {folder} holds neither {PipelineFile} nor {FluxFolder.TransformerPart}/, so it is no FLUX.1 in the layout of diffusers.");
        }
    }

    private static bool IsAdapter(string folder) => File.Exists(Path.Combine(folder, LoraOptions.FileName));

    private static string BaseOf(BackendContext context, string adapter, string? hubCacheFolder)
    {
        var name = LoraOptions.Load(adapter).BaseModel;
        if (string.IsNullOrEmpty(name))
            throw new BackendUriException(
                $"\"{context.Uri}\": {Path.Combine(adapter, LoraOptions.FileName)} does not name the model that it is for: name that model's folder, with "
                    + $"?adapter={context.Uri.Model}");
        foreach (var candidate in (string[])[context.FullPath(name), Path.GetFullPath(name, adapter)])
        {
            if (File.Exists(Path.Combine(candidate, ConfigFile))) return candidate;
        }

        return Snapshot(name, hubCacheFolder)
            ?? throw new BackendUriException(
                $"\"{context.Uri}\": the adapter is for \"{name}\", which is neither a folder here nor in the hub's cache. Pull it (genagent models pull "
                    + $"hf:{name}), or name its folder, with ?adapter={context.Uri.Model}");
    }

    // A path that is not a hub name is never in the cache.
    private static string? Snapshot(string name, string? hubCacheFolder)
    {
        try
        {
            return hubCacheFolder is null ? null : new HubCache(hubCacheFolder).FindSnapshot(HubModel.Parse(name));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? TypeOf(string folder)
    {
        var file = Path.Combine(folder, ConfigFile);
        try
        {
            using var config = JsonDocument.Parse(ModelFile.ReadJson(file));
            return config.RootElement.TryGetProperty("model_type", out var type) ? type.GetString() : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file}: {fault.Message}", fault);
        }
    }
}
