using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Chat;

/// <summary>How a <see cref="TorchChatClient"/> talks to its model.</summary>
public sealed record TorchChatClientOptions
{
    /// <summary>The name that responses carry.</summary>
    public string ModelId { get; init; } = "qwen2.5-vl";

    /// <summary>Tells the version of the weights that sample now, for the trace; null for <see cref="ModelId"/>.</summary>
    public Func<string>? PolicyVersion { get; init; }

    /// <summary>What the model was told in training; null where nobody knows.</summary>
    public AgentProfile? Profile { get; init; }

    /// <summary>How tokens are chosen where a request does not say; its own settings go before these.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>By which of the reference's conventions images are read.</summary>
    public ImageInput ImageInput { get; init; } = ImageInput.File;

    /// <summary>The folder that the model was loaded from; null where it was loaded from none, and for <see cref="TorchChatClient.Load"/> its own.</summary>
    public ModelSource? Source { get; init; }
}
