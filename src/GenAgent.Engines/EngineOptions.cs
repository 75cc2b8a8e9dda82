using GenAgent.Agents;
using GenAgent.Models.Http;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;

namespace GenAgent.Engines;

/// <summary>A model that an engine serves, on one server or several, and how to talk to it. Immutable.</summary>
/// <param name="Kind">Which engine.</param>
/// <param name="Model">The model's name, as the server knows it.</param>
/// <param name="Replicas">The servers' base addresses, without <c>/v1</c>: one or more. All serve the same weights.</param>
/// <param name="Folder">The model's folder on this machine, for what is computed here: tokenizer, <c>config.json</c>, image and generation settings. Its
/// weights are not read and need not be there.</param>
public sealed record EngineOptions(EngineKind Kind, string Model, IReadOnlyList<Uri> Replicas, string Folder)
{
    /// <summary>The default sampling; null for what the folder's <c>generation_config.json</c> recommends.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>The model's training setup; null for the folder's, if it has one.</summary>
    public AgentProfile? Profile { get; init; }

    /// <summary>A LoRA that the server has loaded, by its name; null for the model itself.</summary>
    public string? Adapter { get; init; }

    /// <summary>
    /// Whether every request carries every image (vLLM). By default an image is sent once and then named by its hash, and sent again only where the server
    /// has forgotten it.
    /// </summary>
    public bool SendsImagesAlways { get; init; }

    /// <summary>The key for a server; null for none.</summary>
    public Func<Uri, string?> ApiKey { get; init; } = static _ => null;

    /// <summary>
    /// The version of a server's weights where its answers do not tell it (vLLM before weight versions); null where nobody knows. Called for every answer.
    /// </summary>
    public Func<Uri, string?>? PolicyVersion { get; init; }

    /// <summary>Time limits, retries and sizes. Retries go to another replica where there is one.</summary>
    public BackendHttpOptions Http { get; init; } = new();

    internal string Scheme => Kind == EngineKind.Vllm ? "vllm" : "sglang";

    internal TorchChatClientOptions ToChatOptions() => new()
    {
        ModelId = Adapter ?? Model,
        Profile = Profile ?? AgentProfile.Load(Folder),
        Sampling = Sampling ?? GenerationDefaults.Load(Folder),
    };
}
