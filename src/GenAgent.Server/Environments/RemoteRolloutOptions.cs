using System.ComponentModel.DataAnnotations;

namespace GenAgent.Server.Environments;

/// <summary>
/// How this program's agent makes rollouts for another trainer, whose server has the tasks and the model. The section <c>Rollouts</c> of a
/// <c>genagent.json</c>; rewards are those of <see cref="EnvironmentOptions"/>.
/// </summary>
public sealed record RemoteRolloutOptions
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Rollouts";

    /// <summary>The server of the tasks, as <c>http://trainer:8080</c>; null for one task from the variables that its controller sets.</summary>
    public string? Server { get; set; }

    /// <summary>The model's name in requests: chooses the dialect; the server puts its own in its place.</summary>
    public string Model { get; set; } = "policy";

    /// <summary>The member of a task's input that holds the prompt, where the input is no text.</summary>
    public string PromptField { get; set; } = "prompt";

    /// <summary>Rollouts at once.</summary>
    [Range(1, 10_000)]
    public int Concurrency { get; set; } = 32;

    /// <summary>Seconds between two looks at the queue, while nothing else happens.</summary>
    [Range(0.1, 3600)]
    public double PollSeconds { get; set; } = 5;
}
