using GenAgent.Agents;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>Where an agent's runs are kept while it is evaluated, so that a run that is kept is never made again. Safe to use from many tasks at once.</summary>
public interface IRunStore
{
    /// <summary>The run that is kept for this image; null where there is none.</summary>
    /// <param name="promptId">The prompt's id.</param>
    /// <param name="index">Which image of the prompt, from 0.</param>
    Trajectory? Find(string promptId, int index);

    /// <summary>Where an image lies below the evaluation's folder; null where that is nobody's business.</summary>
    string? PlaceOf(ImageReference image) => null;

    /// <summary>Reads an image of a kept run.</summary>
    Task<DataContent> ReadImageAsync(ImageReference image, CancellationToken cancellationToken = default);

    /// <summary>Keeps a run.</summary>
    Task KeepAsync(AgentResult result, CancellationToken cancellationToken = default);
}
