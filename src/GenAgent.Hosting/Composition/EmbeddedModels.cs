
namespace GenAgent.Models;

/// <summary>
/// The models that come with the program, in <c>models/</c> beside it: the miniature Qwen2.5-VL (agent <c>micro</c>), the miniature FLUX.1
/// (generator <c>micro</c>), and a second one of another
/// make (<c>micro-b</c>) that no agent was trained with.
/// </summary>
public static class EmbeddedModels
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>Adds the embedded models, and returns the same registry.</summary>
    public static BackendRegistry AddMicro(this BackendRegistry registry) => registry
        .AddQwen("micro", "Qwen2.5-VL in miniature, trained to draw coloured shapes; comes with genagent", () => Find("micro-agent"))
        .AddFlux("micro", "FLUX.1 in miniature, trained on coloured shapes; comes with genagent", () => Find("micro-flux"))
        .AddFlux("micro-b", "another FLUX.1 in miniature, weaker, that no agent was trained with", () => Find("micro-flux-b"));

    /// <summary>The folder of an embedded model.</summary>
    /// <exception cref="BackendUnavailableException">This copy of the program does not have it.</exception>
    public static string Find(string name)
    {
        var folder = Path.Combine(Root, name);
        return Directory.Exists(folder) ? folder : throw new BackendUnavailableException($"This copy of genagent does not hold the embedded model {name} ({folder}). Name a model of your own, as in --agent openai:MODEL@http://localhost:8080/v1 or --generator comfyui:http://localhost:8188, or train the embedded ones: genagent models train-micro. To see the loop without any: --agent oracle --generator canvas.");
    }
}
