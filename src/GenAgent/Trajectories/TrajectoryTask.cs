using System.Text.Json.Serialization;

namespace GenAgent.Trajectories;

/// <summary>What a run was made for: where its prompt comes from, and what is to be made of it. Immutable.</summary>
public sealed record TrajectoryTask
{
    /// <summary>What the task is known by among the tasks of its run (<see cref="Running.IRunTask.Key"/>); null for a run by itself.</summary>
    public string? Key { get; init; }

    /// <summary>The prompt's id in its benchmark, file or data set; null where it has none.</summary>
    public string? PromptId { get; init; }

    /// <summary>What the prompt is counted and balanced under; null for nothing.</summary>
    public string? Category { get; init; }

    /// <summary>The task's place among the tasks of its run, from 0; null for a run by itself.</summary>
    public long? Index { get; init; }

    /// <summary>Which of several runs of the same prompt it is, from 0; null for the only one.</summary>
    public int? Sample { get; init; }

    /// <summary>True for a prompt that is to be declined: an image of it is a fault.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MustDecline { get; init; }

    /// <summary>How the first turn was made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FirstTry FirstTry { get; init; }

    /// <summary>The first round that is fit to be learned from; those before it are read only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int LearnFrom { get; init; }
}
