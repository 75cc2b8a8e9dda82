using System.ComponentModel.DataAnnotations;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>How a model that is being trained is asked for first turns, on wordings that are never trained on and on the development requests.</summary>
public sealed record RequestOptions
{
    /// <summary>Requests of each topic; 0 asks for none.</summary>
    [Range(0, 100_000)]
    public int PerTopic { get; init; }

    /// <summary>As many again in wordings that are trained on; 0 asks for none.</summary>
    [Range(0, 100_000)]
    public int TrainedPerTopic { get; init; }

    /// <summary>Requests under way at once.</summary>
    [Range(1, 1024)]
    public int Jobs { get; init; } = 64;
}
