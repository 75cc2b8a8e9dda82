using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Running.Sharing;
using GenAgent.Storage;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>What a recipe is run with.</summary>
/// <param name="Recipe">The recipe's file.</param>
/// <param name="Folder">The run's folder.</param>
/// <param name="Resume">Whether to resume from the newest checkpoint.</param>
/// <param name="Changes">Values that replace the recipe's.</param>
/// <param name="Surroundings">What comes from outside.</param>
/// <param name="Screen">Is told how far the run is.</param>
/// <param name="CancellationToken">Stops the run.</param>
public sealed record TrainCall(
    string Recipe, string Folder, bool Resume, IReadOnlyList<string> Changes, TrainingSurroundings Surroundings, ITrainingObserver Screen,
    CancellationToken CancellationToken)
{
    /// <summary>Shares the rollouts of reinforcement learning with workers; null for a run by this process alone.</summary>
    public RunSharing? Sharing { get; init; }

    /// <summary>The absolute form of a path of the recipe, which is relative to the working folder.</summary>
    /// <param name="path">A path of the recipe.</param>
    /// <returns>The absolute path.</returns>
    public string FullPath(string path) => Path.GetFullPath(HomePath.Expand(path), Surroundings.WorkingFolder);

    /// <summary>The folder of a chat model to start from, named by a path or a URI (<c>micro</c>, <c>hf:ORG/NAME</c>); null where nothing is named.</summary>
    /// <exception cref="RecipeException">The URI names no model on this machine.</exception>
    internal string? ChatModelFolder(string startFrom) =>
        ModelFolder(startFrom, "startFrom", backends => backends.ChatSchemes, backends => backends.FindChatModel);

    /// <summary>Likewise for the folder of an image generator, or a part of one.</summary>
    /// <exception cref="RecipeException">The URI names no model on this machine.</exception>
    internal string? ImageModelFolder(string startFrom, string key = "startFrom") =>
        ModelFolder(startFrom, key, backends => backends.ImageSchemes, backends => backends.FindImageModel);

    // A path needs no "./" here, and a folder that is there wins over a scheme of its name.
    private string? ModelFolder(
        string named, string key, Func<BackendRegistry, IReadOnlyList<BackendScheme>> schemes, Func<BackendRegistry, Func<string, string>> find)
    {
        if (named.Length == 0) return null;
        if (Directory.Exists(FullPath(named)) || !BackendUri.TryParse(named, out var uri, out _)) return FullPath(named);
        var backends = Surroundings.Backends();
        if (!named.Contains(':', StringComparison.Ordinal)
            && !schemes(backends).Any(scheme => string.Equals(scheme.Name, uri.Scheme, StringComparison.Ordinal)))
        {
            return FullPath(named);
        }
        try
        {
            return find(backends)(named);
        }
        catch (Exception fault) when (fault is BackendUriException or BackendException)
        {
            throw new RecipeException($"{key}: {fault.Message}");
        }
    }

    /// <summary>Reads the recipe.</summary>
    /// <returns>The recipe.</returns>
    /// <exception cref="RecipeException">It cannot be used; a recipe of another stage is named as such.</exception>
    public T Read<T>()
        where T : class => RecipeKind.Read<T>(Recipe, Changes);
}

/// <summary>What a training run takes from outside.</summary>
/// <param name="WorkingFolder">The folder that the paths of a recipe start from.</param>
/// <param name="Time">The clock.</param>
/// <param name="OpenAgent">Makes the agent of a model, for evaluations.</param>
/// <param name="Backends">Opens generators and judges by their URIs.</param>
public sealed record TrainingSurroundings(string WorkingFolder, TimeProvider Time, OpenAgent OpenAgent, Func<BackendRegistry> Backends)
{
    /// <summary>Opens the inference engine that samples rollouts; null where there is none.</summary>
    public OpenRolloutEngine? OpenEngine { get; init; }
}

/// <summary>Opens an inference engine for the rollouts of a policy, and checks that its replicas answer and take weights. The caller disposes it.</summary>
/// <exception cref="BackendUriException">The URI names no engine.</exception>
/// <exception cref="BackendException">No replica can be used.</exception>
public delegate Task<IRolloutEngine> OpenRolloutEngine(RolloutEngineRequest request, CancellationToken cancellationToken);

/// <summary>What an inference engine must know to sample as a policy does.</summary>
/// <param name="Uri">The engine's URI.</param>
/// <param name="ModelFolder">The folder of the model that training begins with: tokenizer, image settings, most tokens of a turn.</param>
/// <param name="Temperature">The sampling temperature, above 0.</param>
/// <param name="IsAdapter">Whether the engine will get LoRA adapters instead of all weights.</param>
/// <param name="Notice">Is told what the user should know, such as a replica that is no longer used.</param>
public sealed record RolloutEngineRequest(string Uri, string ModelFolder, double Temperature, bool IsAdapter, Action<string> Notice);

/// <summary>
/// Makes an agent from a model's folder, a generator's URI and its most rounds. The caller disposes of the agent through <see cref="OpenedAgent"/>.
/// </summary>
public delegate Task<OpenedAgent> OpenAgent(string modelFolder, string generator, int rounds, CancellationToken cancellationToken);

/// <summary>An agent, and what is disposed of with it.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Parts">Its parts, itself among them.</param>
public sealed record OpenedAgent(ImageAgent Agent, IDisposable Parts) : IDisposable
{
    /// <summary>Disposes of the agent and its parts.</summary>
    public void Dispose() => Parts.Dispose();
}
