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

    /// <summary>Returns the version of the weights in use, for the trace; null means <see cref="ModelId"/>.</summary>
    public Func<string>? PolicyVersion { get; init; }

    /// <summary>The model's training setup (instructions, dialect, rounds); null if unknown.</summary>
    public AgentProfile? Profile { get; init; }

    /// <summary>Default sampling; a request's own settings take precedence.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Which of the reference's conventions is used to read images.</summary>
    public ImageInput ImageInput { get; init; } = ImageInput.File;

    /// <summary>The folder that the model was loaded from; null if none. <see cref="TorchChatClient.Load"/> sets it.</summary>
    public ModelSource? Source { get; init; }
}
