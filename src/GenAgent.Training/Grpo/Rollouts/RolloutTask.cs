using GenAgent.Judging;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>A prompt that a policy practises on. Immutable.</summary>
/// <param name="Id">Its name, unique among the tasks of a run.</param>
/// <param name="Prompt">What a user would write.</param>
/// <param name="Constraints">The prompt's meaning in machine-readable form, for judges that want it; null where there is none.</param>
/// <param name="Category">What kind of prompt it is; null for no kind.</param>
public sealed record RolloutTask(string Id, string Prompt, PromptConstraints? Constraints = null, string? Category = null);

/// <summary>An endless, deterministic supply of tasks: the same index gives the same task. Safe to use from many threads at once.</summary>
public interface IRolloutTasks
{
    /// <summary>What decides the tasks, in words: a run is resumed only with the same.</summary>
    string Identity { get; }

    /// <summary>The task of this index, 0 or more.</summary>
    RolloutTask TaskAt(long index);
}
